"""Chat completions through the official client."""
import openai
import pytest

from conftest import MODEL


def ask(client, text, **more):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}], **more)


def streamed(client, text, **more):
    """The chunks of a stream, and the text of each choice."""
    chunks = list(ask(client, text, stream=True, **more))
    texts = {}
    for chunk in chunks:
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    return chunks, texts


@pytest.mark.parametrize("question, answer", [
    ("What is the capital city of France? Answer in one sentence.", "Paris"),
    ("What is 2+2?", "4"),
])
def test_answers_simple_questions(client, question, answer):
    reply = ask(client, question, temperature=0, max_tokens=64)
    assert answer in reply.choices[0].message.content


def test_a_reply_has_every_field(client):
    reply = ask(client, "Say hello.", temperature=0, max_tokens=8)
    assert reply.id.startswith("chatcmpl-")
    assert reply.object == "chat.completion"
    assert reply.model == MODEL
    assert reply.system_fingerprint.startswith("fp_")
    assert reply.choices[0].message.role == "assistant"
    assert reply.choices[0].finish_reason in ("stop", "length")
    usage = reply.usage
    assert usage.prompt_tokens > 5 and 1 <= usage.completion_tokens <= 8
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_stream_is_the_same_reply(client):
    question = "Name three colours."
    whole = ask(client, question, temperature=0, max_tokens=40)
    chunks, texts = streamed(client, question, temperature=0, max_tokens=40, stream_options={"include_usage": True})
    assert texts[0] == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.object == "chat.completion.chunk" for chunk in chunks)
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == [
        whole.choices[0].finish_reason]
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_max_tokens_ends_with_length(client):
    for name in ("max_tokens", "max_completion_tokens"):
        reply = ask(client, "Count from one to one hundred.", temperature=0, **{name: 5})
        assert reply.choices[0].finish_reason == "length"
        assert reply.usage.completion_tokens == 5
    both = ask(client, "Count from one to one hundred.", temperature=0, max_tokens=3, max_completion_tokens=6)
    assert both.usage.completion_tokens == 6


def test_a_seed_repeats_a_reply(client):
    def texts(seed):
        return [c.message.content for c in ask(client, "Tell me a story.", temperature=1, seed=seed, max_tokens=30).choices]

    assert texts(11) == texts(11)
    assert len({tuple(texts(seed)) for seed in range(5)}) > 1


def test_a_reported_seed_repeats_an_unseeded_reply(client):
    first = ask(client, "Tell me a story.", temperature=1, max_tokens=30)
    again = ask(client, "Tell me a story.", temperature=1, max_tokens=30, seed=first.seed)
    assert again.choices[0].message.content == first.choices[0].message.content
    assert again.system_fingerprint == first.system_fingerprint


def test_several_choices_differ_and_the_first_is_that_of_one(client):
    four = ask(client, "Tell me a story.", temperature=1, seed=3, n=4, max_tokens=30)
    texts = [choice.message.content for choice in four.choices]
    assert [choice.index for choice in four.choices] == [0, 1, 2, 3]
    assert len(set(texts)) == 4
    one = ask(client, "Tell me a story.", temperature=1, seed=3, max_tokens=30)
    assert texts[0] == one.choices[0].message.content
    assert four.usage.prompt_tokens == one.usage.prompt_tokens, "the prompt counts once"
    _, streams = streamed(client, "Tell me a story.", temperature=1, seed=3, n=4, max_tokens=30)
    assert [streams[i] for i in range(4)] == texts


def test_stop_strings_never_show_even_when_they_span_tokens(client):
    question = "Count from one to ten in words, separated by commas."
    full = ask(client, question, temperature=0, max_tokens=60).choices[0].message.content
    # From the middle of one word to the middle of a later one: no token ends there.
    stop = full[5:12]
    expected = full[:full.index(stop)]
    reply = ask(client, question, temperature=0, max_tokens=60, stop=[stop, "never there"])
    assert reply.choices[0].message.content == expected
    assert reply.choices[0].finish_reason == "stop"
    chunks, texts = streamed(client, question, temperature=0, max_tokens=60, stop=stop)
    assert texts[0] == expected
    for chunk in chunks:
        for choice in chunk.choices:
            assert stop not in (choice.delta.content or "")


def test_logprobs(client):
    reply = ask(client, "Say hello.", temperature=0, max_tokens=6, logprobs=True, top_logprobs=3)
    tokens = reply.choices[0].logprobs.content
    assert "".join(token.token for token in tokens) == reply.choices[0].message.content
    for token in tokens:
        assert token.logprob <= 0
        assert len(token.top_logprobs) == 3
        assert token.top_logprobs[0].logprob == max(top.logprob for top in token.top_logprobs)
        assert token.top_logprobs[0].token == token.token, "greedy takes the most probable"
        assert bytes(token.bytes).decode() == token.token
    chunks, _ = streamed(client, "Say hello.", temperature=0, max_tokens=6, logprobs=True, top_logprobs=3)
    streamed_tokens = [t.logprob for c in chunks for ch in c.choices if ch.logprobs for t in ch.logprobs.content]
    assert streamed_tokens == [token.logprob for token in tokens]


def test_logit_bias_bans_a_token(client, server):
    plain = ask(client, "Say hello.", temperature=0, max_tokens=1)
    text = plain.choices[0].message.content
    tokens = server.post("/v1/tokenize", {"model": MODEL, "content": text})[2]["tokens"]
    banned = ask(client, "Say hello.", temperature=0, max_tokens=1, logit_bias={str(tokens[0]): -100})
    assert banned.choices[0].message.content != text


@pytest.mark.parametrize("more", [
    {"top_p": 0.1}, {"presence_penalty": 2}, {"frequency_penalty": 2},
    {"extra_body": {"top_k": 1}}, {"extra_body": {"min_p": 0.5}},
    {"extra_body": {"repeat_penalty": 1.3, "repeat_last_n": 16}}, {"extra_body": {"ignore_eos": True}},
])
def test_every_sampling_parameter_is_taken_and_repeats(client, more):
    def text():
        return ask(client, "Tell me a story.", temperature=1, seed=5, max_tokens=12, **more).choices[0].message.content

    assert text() == text()


def test_a_top_k_of_one_is_greedy(client):
    greedy = ask(client, "Tell me a story.", temperature=0, max_tokens=20).choices[0].message.content
    narrow = ask(client, "Tell me a story.", temperature=1, max_tokens=20, extra_body={"top_k": 1})
    assert narrow.choices[0].message.content == greedy


def test_ignore_eos_goes_on_to_the_limit(client):
    reply = ask(client, "Say hello.", temperature=0, max_tokens=80, extra_body={"ignore_eos": True})
    assert reply.usage.completion_tokens == 80
    assert reply.choices[0].finish_reason == "length"


def test_characters_are_never_split(client):
    chunks, texts = streamed(client, "Repeat exactly: 🙂🙃 café 日本語 naïve 😀", temperature=0, max_tokens=60)
    assert "\ufffd" not in texts[0]
    for chunk in chunks:
        for choice in chunk.choices:
            (choice.delta.content or "").encode("utf-8")


def test_an_unknown_name_is_answered_by_the_only_model(client):
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], max_tokens=2, extra_body={"no_such_field": 1})
    assert raw.headers["x-model-used"] == MODEL
    assert raw.headers["x-ignored-params"] == "no_such_field"
    assert raw.headers["x-request-id"]
    assert raw.parse().model == "gpt-4o"


def test_content_parts_and_roles(client):
    reply = client.chat.completions.create(
        model=MODEL, temperature=0, max_tokens=32,
        messages=[{"role": "developer", "content": "You answer in one word."},
                  {"role": "user", "content": [{"type": "text", "text": "What is the capital"},
                                               {"type": "text", "text": "city of France?"}]},
                  {"role": "assistant", "content": "Paris"},
                  {"role": "user", "content": "And what is the capital city of Italy?"}])
    assert reply.choices[0].message.content


def test_a_prompt_beyond_the_context_is_refused(client):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "word " * 20000, max_tokens=1)
    assert caught.value.code == "context_length_exceeded"
    assert caught.value.param == "messages"


def test_the_prefix_cache_shows_in_the_usage(client):
    text = "The quick brown fox jumps over the lazy dog. " * 20 + "What animal jumps?"
    first = ask(client, text, temperature=0, max_tokens=4)
    second = ask(client, text, temperature=0, max_tokens=4)
    assert second.usage.prompt_tokens_details.cached_tokens >= 64
    assert second.choices[0].message.content == first.choices[0].message.content
