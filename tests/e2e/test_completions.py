"""Completions, edits, models and tokenising."""
import pytest

from conftest import MODEL


def complete(client, prompt, **more):
    return client.completions.create(model=MODEL, prompt=prompt, **more)


def test_continues_a_text(client):
    reply = complete(client, "The capital of France is", temperature=0, max_tokens=8)
    assert "Paris" in reply.choices[0].text
    assert reply.id.startswith("cmpl-")
    assert reply.object == "text_completion"


def test_a_stream_is_the_same_text(client):
    whole = complete(client, "Once upon a time", temperature=0, max_tokens=20)
    chunks = list(complete(client, "Once upon a time", temperature=0, max_tokens=20, stream=True,
                           stream_options={"include_usage": True}))
    assert "".join(c.choices[0].text for c in chunks if c.choices) == whole.choices[0].text
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "length"
    assert chunks[-1].usage.completion_tokens == 20


def test_every_form_of_prompt(client, server):
    text = "The capital of France is"
    tokens = server.post("/v1/tokenize", {"model": MODEL, "content": text})[2]["tokens"]
    assert server.post("/v1/detokenize", {"model": MODEL, "tokens": tokens})[2]["content"] == text
    one = complete(client, text, temperature=0, max_tokens=8).choices[0].text
    assert complete(client, tokens, temperature=0, max_tokens=8).choices[0].text == one
    several = complete(client, [text, "2 + 2 ="], temperature=0, max_tokens=8, n=2)
    assert [choice.index for choice in several.choices] == [0, 1, 2, 3]
    assert several.choices[0].text == several.choices[1].text == one
    lists = complete(client, [tokens, tokens], temperature=0, max_tokens=8)
    assert [choice.text for choice in lists.choices] == [one, one]


def test_echo_and_logprobs(client):
    prompt = "The capital of France is"
    reply = complete(client, prompt, temperature=0, max_tokens=4, echo=True, logprobs=2)
    choice = reply.choices[0]
    assert choice.text.startswith(prompt)
    logprobs = choice.logprobs
    assert len(logprobs.tokens) == reply.usage.total_tokens
    assert logprobs.token_logprobs[0] is None and logprobs.top_logprobs[0] is None
    assert all(value <= 0 for value in logprobs.token_logprobs[1:])
    assert all(2 <= len(top) <= 3 for top in logprobs.top_logprobs[1:])
    assert "".join(logprobs.tokens) == choice.text
    for token, offset in zip(logprobs.tokens, logprobs.text_offset):
        assert choice.text[offset:offset + len(token)] == token
    plain = complete(client, prompt, temperature=0, max_tokens=4)
    assert choice.text == prompt + plain.choices[0].text


def test_scoring_only(client):
    reply = complete(client, "The capital of France is Paris", max_tokens=0, echo=True, logprobs=0)
    assert reply.choices[0].text == "The capital of France is Paris"
    assert reply.usage.completion_tokens == 0
    likely = reply.choices[0].logprobs.token_logprobs[-1]
    unlikely = complete(client, "The capital of France is banana", max_tokens=0, echo=True, logprobs=0)
    assert likely > unlikely.choices[0].logprobs.token_logprobs[-1]


def test_edits(server):
    status, _, body = server.post("/v1/edits", {
        "model": MODEL, "instruction": "Fix the spelling mistakes.", "input": "What day of the wek is it?",
        "temperature": 0, "max_tokens": 24})
    assert status == 200
    assert body["object"] == "edit" and body["choices"][0]["text"].strip()


@pytest.mark.parametrize("path", ["/v1/completions", "/completions", f"/v1/engines/{MODEL}/completions"])
def test_paths_of_localai(server, path):
    status, _, body = server.post(path, {"prompt": "Hello", "max_tokens": 1})
    assert status == 200 and body["choices"][0]["text"]


def test_models(client, server):
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).object == "model"
    assert server.request("GET", "/models")[0] == 200
    assert server.request("HEAD", "/v1/models")[2] == b""
