#!/usr/bin/env python3
"""Turns a real model, SmolLM2-135M-Instruct as a GGUF file, into model folders of other formats, and checks them.

    tools/convert_real.py convert model.gguf OUT [--only NAME ...]
    tools/convert_real.py check OUT --hearth build/release/hearth [--only NAME ...]

`convert` writes one folder per format with its tokenizer, and beside it NAME.reference.json: the perplexity and 32 greedy
tokens of transformers in fp32 on the values that the folder holds. `check` runs hearth on each folder and prints a table:
exact and fast perplexity against the reference, the greedy tokens, and an answer to a question. Both exit with 1 when a
bar is missed: perplexity within 1 %, the same greedy tokens.

Needs numpy, gguf, safetensors, torch, transformers (versions in tools/fixtures/requirements.txt); see real_formats.py for
the packers. A development tool: nothing here runs in the server.
"""
import argparse
import copy
import json
import math
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import gguf
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, OPTConfig, OPTForCausalLM

import real_formats

ROOT = Path(__file__).resolve().parent.parent
WINDOW = 512
N_CALIBRATION_WINDOWS = 12
QUESTION = "What is the capital city of France? Answer in one sentence."
OPENING = "The capital of France is Paris. The river that runs through the city is called"


# ---- the source ----

class Source:
    """The GGUF file: its configuration, its weights under the hub's names in fp32, and its vocabulary."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        self.fields = {name: field.contents() for name, field in reader.fields.items()}
        if self.fields["general.architecture"] != "llama":
            raise SystemExit(f"{path}: architecture {self.fields['general.architecture']}, this tool reads llama")
        arch = {name.removeprefix("llama."): value for name, value in self.fields.items() if name.startswith("llama.")}
        self.config = LlamaConfig(
            vocab_size=arch["vocab_size"], hidden_size=arch["embedding_length"],
            intermediate_size=arch["feed_forward_length"], num_hidden_layers=arch["block_count"],
            num_attention_heads=arch["attention.head_count"], num_key_value_heads=arch["attention.head_count_kv"],
            max_position_embeddings=arch["context_length"], rms_norm_eps=round(arch["attention.layer_norm_rms_epsilon"], 10),
            rope_theta=arch["rope.freq_base"], tie_word_embeddings=True,
            bos_token_id=self.fields["tokenizer.ggml.bos_token_id"], eos_token_id=self.fields["tokenizer.ggml.eos_token_id"],
            pad_token_id=self.fields["tokenizer.ggml.padding_token_id"], attn_implementation="eager")
        self.weights = dict(self.read_tensor(tensor) for tensor in reader.tensors)

    def read_tensor(self, tensor):
        values = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy()).float()
        name = tensor.name
        for n_heads, part in ((self.config.num_attention_heads, "attn_q"), (self.config.num_key_value_heads, "attn_k")):
            if part + "." in name:   # GGUF keeps the rows that rotate together side by side
                n_out, n_in = values.shape
                values = values.reshape(n_heads, n_out // n_heads // 2, 2, n_in).swapaxes(1, 2).reshape(n_out, n_in)
        for old, new in (("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("blk.", "model.layers."),
                         ("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm"),
                         ("attn_output", "self_attn.o_proj"), ("attn_", "self_attn."), ("ffn_", "mlp.")):
            name = name.replace(old, new)
        for part in ("self_attn.q", "self_attn.k", "self_attn.v", "mlp.gate", "mlp.up", "mlp.down"):
            name = name.replace(part + ".weight", part + "_proj.weight")
        return name, values.contiguous()

    def model(self):
        model = LlamaForCausalLM(copy.deepcopy(self.config)).float().eval()
        missing, unexpected = model.load_state_dict(self.weights, strict=False)
        assert set(missing) <= {"lm_head.weight"} and not unexpected, (missing, unexpected)
        model.tie_weights()
        return model


# ---- the tokenizer ----

def added_tokens(fields):
    """The control tokens: (id, piece)."""
    kinds = fields["tokenizer.ggml.token_type"]
    return [(i, piece) for i, piece in enumerate(fields["tokenizer.ggml.tokens"]) if kinds[i] == 3]


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def token_roles(fields):
    tokens = fields["tokenizer.ggml.tokens"]
    return {role: tokens[fields[f"tokenizer.ggml.{key}_token_id"]]
            for role, key in (("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding"))}


def write_tokenizer(folder, fields):
    """tokenizer.json and the files beside it, as the model's repository has them."""
    control = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    write_json(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": piece, **control} for i, piece in added_tokens(fields)],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]},
        "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {piece: i for i, piece in enumerate(fields["tokenizer.ggml.tokens"])},
                  "merges": fields["tokenizer.ggml.merges"]}})
    decoder = {str(i): {"content": piece, **control} for i, piece in added_tokens(fields)}
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "added_tokens_decoder": decoder,
        "chat_template": fields["tokenizer.chat_template"], "clean_up_tokenization_spaces": False, **token_roles(fields)})
    write_json(folder / "special_tokens_map.json", token_roles(fields))
    write_json(folder / "generation_config.json", {"bos_token_id": fields["tokenizer.ggml.bos_token_id"],
                                                   "eos_token_id": fields["tokenizer.ggml.eos_token_id"]})


def write_vocab_and_merges(folder, fields):
    """The old form: vocab.json and merges.txt, and a BOS in front of every text, as OPT's repositories have it."""
    write_json(folder / "vocab.json", {piece: i for i, piece in enumerate(fields["tokenizer.ggml.tokens"])})
    merges = "\n".join(fields["tokenizer.ggml.merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    ends = dict.fromkeys(("bos_token", "eos_token", "unk_token", "pad_token"), "<|endoftext|>")
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True,
                                                  "add_prefix_space": False, **ends})
    write_json(folder / "special_tokens_map.json", ends)


# ---- the formats ----

def linears(model):
    return [(name, module) for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear) and name != "lm_head"]


def hessians(model, windows):
    """x^T x of every linear's inputs over the calibration text."""
    sums, hooks = {}, []
    for name, module in linears(model):
        def add(_module, inputs, _output, name=name):
            x = inputs[0].reshape(-1, inputs[0].shape[-1])
            sums[name] = sums.get(name, 0) + x.T @ x
        hooks.append(module.register_forward_hook(add))
    with torch.no_grad():
        for window in windows:
            model(torch.tensor([window]), use_cache=False)
    for hook in hooks:
        hook.remove()
    return sums


def quantised_folder(folder, model, pack, file_name, quantisation):
    """Packs every linear by `pack(name, weight)`; the model goes on with the values that were packed."""
    tensors = {name: value.half() for name, value in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    with torch.no_grad():
        for name, module in linears(model):
            packed, values = pack(name, module.weight.data)
            module.weight.copy_(values)
            del tensors[name + ".weight"]
            tensors.update({f"{name}.{part}": value for part, value in packed.items()})
        # What is not quantised is stored in fp16.
        packed_weights = {name + ".weight" for name, _ in linears(model)}
        for name, parameter in model.named_parameters():
            if name not in packed_weights:
                parameter.copy_(parameter.half().float())
    write_folder(folder, model, tensors, file_name, "float16", quantisation)


def write_folder(folder, model, tensors, file_name, dtype, quantisation=None):
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / file_name, metadata={"format": "pt"})
    config = json.loads(model.config.to_json_string())
    config.update(architectures=[type(model).__name__], torch_dtype=dtype)
    if quantisation:
        config["quantization_config"] = quantisation
    write_json(folder / "config.json", config)


def write_bf16(folder, source, _hessians):
    model = source.model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.bfloat16().float())
    tensors = {name: value.bfloat16() for name, value in model.state_dict().items() if name != "lm_head.weight"}
    write_folder(folder, model, tensors, "model.safetensors", "bfloat16")
    return model


def write_gptq(group_size, act_order):
    def write(folder, source, sums):
        model = source.model()
        config = {"quant_method": "gptq", "bits": 4, "group_size": group_size, "sym": True, "desc_act": act_order,
                  "true_sequential": True, "damp_percent": 0.01, "checkpoint_format": "gptq", "lm_head": False}
        quantised_folder(folder, model, lambda name, weight: real_formats.gptq(weight, sums[name], group_size, act_order),
                         "model.safetensors", config)
        return model
    return write


def awq_config(group_size):
    return {"quant_method": "awq", "bits": 4, "group_size": group_size, "zero_point": True, "version": "gemm",
            "modules_to_not_convert": None}


def write_awq(folder, source, sums):
    model = source.model()
    quantised_folder(folder, model, lambda name, weight: real_formats.awq(weight, sums[name], 64), "model.safetensors",
                     awq_config(64))
    return model


def write_exl2(folder, source, _hessians):
    """6 to 4 bits in groups of 64, 5.0 on average; the head, untied, in 6 bits."""
    model = source.model()
    tensors = {name: value.half() for name, value in model.state_dict().items() if name != "lm_head.weight"}
    untied = torch.nn.Linear(source.config.hidden_size, source.config.vocab_size, bias=False)
    untied.weight.data = model.lm_head.weight.data.clone()
    model.lm_head, model.config.tie_word_embeddings = untied, False
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
        for seed, (name, module) in enumerate([*linears(model), ("lm_head", model.lm_head)]):
            n_groups = module.in_features // 64
            bits = [6] * n_groups if name == "lm_head" else sorted((6, 5, 5, 5, 4)[i % 5] for i in range(n_groups))[::-1]
            packed, values = real_formats.exl2(module.weight.data, bits, seed)
            module.weight.copy_(values)
            tensors.pop(name + ".weight", None)
            tensors.update({f"{name}.{part}": value for part, value in packed.items()})
    write_folder(folder, model, tensors, "output.safetensors", "float16",
                 {"quant_method": "exl2", "version": "0.2.9", "bits": 5.0, "head_bits": 6})
    return model


def write_opt_awq(folder, source, _hessians):
    """OPT's architecture around the real vocabulary and its embeddings; the layers are random, so what it says means
    nothing, but its numbers can be compared."""
    config = OPTConfig(vocab_size=source.config.vocab_size, hidden_size=source.config.hidden_size, ffn_dim=2304,
                       num_hidden_layers=6, num_attention_heads=9, word_embed_proj_dim=source.config.hidden_size,
                       max_position_embeddings=2048, bos_token_id=0, eos_token_id=0, pad_token_id=0,
                       attn_implementation="eager")
    generator = torch.Generator().manual_seed(5)
    model = OPTForCausalLM(config).float().eval()
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "layer_norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.1 * torch.randn(parameter.shape, generator=generator))
            else:
                parameter.copy_(0.05 * torch.randn(parameter.shape, generator=generator))
        model.model.decoder.final_layer_norm.weight.mul_(0.3)   # else it would be sure of its nonsense
        model.model.decoder.embed_tokens.weight.copy_(source.weights["model.embed_tokens.weight"])
    model.tie_weights()
    sums = {name: torch.eye(module.in_features) for name, module in linears(model)}
    quantised_folder(folder, model, lambda name, weight: real_formats.awq(weight, sums[name], 64), "model.safetensors",
                     awq_config(64))
    return model


FORMATS = {
    "safetensors-bf16": write_bf16,
    "gptq-4bit-64g": write_gptq(64, False),
    "gptq-4bit-64g-actorder": write_gptq(64, True),
    "gptq-4bit-128g": write_gptq(128, False),
    "gptq-4bit-128g-actorder": write_gptq(128, True),
    "awq-gemm-64g": write_awq,
    "exl2-5.0bpw": write_exl2,
    "opt-awq-gemm-64g": write_opt_awq,
}


# ---- the reference ----

def perplexity(model, tokenizer, text):
    """As `hearth perplexity`: windows of 512 tokens, the second half of each is scored."""
    ids = tokenizer(text).input_ids
    adds_bos = bool(ids) and tokenizer("").input_ids == ids[:1]
    total, n_scored = 0.0, 0
    for begin in range(0, len(ids) - WINDOW + 1, WINDOW):
        window = ids[begin:begin + WINDOW]
        if adds_bos:
            window[0] = ids[0]
        with torch.no_grad():
            logits = model(torch.tensor([window]), use_cache=False).logits[0].double()
        log_p = torch.log_softmax(logits[WINDOW // 2:-1], -1)
        targets = torch.tensor(window[WINDOW // 2 + 1:])
        total -= float(log_p.gather(1, targets[:, None]).sum())
        n_scored += len(targets)
    return math.exp(total / n_scored)


def greedy(model, ids, n_tokens):
    """(tokens, the smallest distance between the best two logits on the way)."""
    generated, margin = [], math.inf
    with torch.no_grad():
        for _ in range(n_tokens):
            best = model(torch.tensor([ids + generated]), use_cache=False).logits[0, -1].topk(2)
            margin = min(margin, float(best.values[0] - best.values[1]))
            generated.append(int(best.indices[0]))
    return generated, margin


def texts(out):
    """(to be scored, to calibrate with): the halves of this repository's documents, as they were at the first run."""
    files = [out / "text.txt", out / "calibration.txt"]
    if not all(file.exists() for file in files):
        paths = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
        whole = "\n\n".join(path.read_text(encoding="utf-8") for path in paths)
        for file, part in zip(files, (whole[:len(whole) // 2], whole[len(whole) // 2:])):
            file.write_text(part, encoding="utf-8")
    return [file.read_text(encoding="utf-8") for file in files]


def convert(options):
    torch.manual_seed(0)
    source = Source(options.gguf)
    options.out.mkdir(parents=True, exist_ok=True)
    text, calibration = texts(options.out)
    sums = None
    for name in options.only or FORMATS:
        folder = options.out / name
        folder.mkdir(exist_ok=True)
        (write_vocab_and_merges if name.startswith("opt") else write_tokenizer)(folder, source.fields)
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=not name.startswith("opt"))
        if sums is None and name.startswith(("gptq", "awq")):
            ids = tokenizer(calibration).input_ids
            windows = [ids[i * WINDOW:(i + 1) * WINDOW] for i in range(min(N_CALIBRATION_WINDOWS, len(ids) // WINDOW))]
            sums = hessians(source.model(), windows)
        model = FORMATS[name](folder, source, sums)
        prompt = tokenizer(OPENING).input_ids
        tokens, margin = greedy(model, prompt, 32)
        reference = {"perplexity": perplexity(model, tokenizer, text), "prompt_ids": prompt, "greedy": tokens,
                     "greedy_min_margin": margin, "greedy_text": tokenizer.decode(tokens)}
        write_json(options.out / f"{name}.reference.json", reference)
        packer = next((real_formats.packer_name(kind) for kind in ("gptq", "awq") if kind in name), "")
        print(f"{name:26s} {packer:9s} perplexity {reference['perplexity']:9.4f}  margin {margin:.3f}  "
              f"{reference['greedy_text']!r}", flush=True)
    return 0


# ---- hearth against the reference ----

def run_hearth(hearth, *arguments):
    done = subprocess.run([str(hearth), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def check_folder(options, name):
    """One row of the table; the last entry lists the bars that were missed."""
    folder, reference = options.out / name, json.loads((options.out / f"{name}.reference.json").read_text())
    measured = {}
    for precision in ("exact", "fast"):
        reply = run_hearth(options.hearth, "perplexity", folder, "--file", options.out / "text.txt", "--precision", precision,
                           "--json")
        measured[precision] = json.loads(reply)["perplexity"]
    logits = json.loads(run_hearth(options.hearth, "logits", folder, "--tokens", ",".join(map(str, reference["prompt_ids"])),
                                   "--precision", "exact", "--generate", 32))
    answer = run_hearth(options.hearth, "run", folder, QUESTION, "--temperature", 0, "--max-tokens", 40).strip()
    missed = []
    if abs(measured["exact"] / reference["perplexity"] - 1) > 0.01:
        missed.append("exact perplexity")
    if abs(measured["fast"] / measured["exact"] - 1) > 0.01:
        missed.append("fast perplexity")
    if logits["generated"] != reference["greedy"]:
        missed.append("greedy tokens")
    return {"name": name, "reference": reference["perplexity"], **measured, "answer": answer, "missed": missed}


def check(options):
    failed = False
    print(f"{'folder':26s} {'reference':>10s} {'exact':>10s} {'fast':>10s}  greedy  answer")
    for name in options.only or [name for name in FORMATS if (options.out / f"{name}.reference.json").exists()]:
        try:
            row = check_folder(options, name)
        except RuntimeError as error:
            failed = True
            print(f"{name:26s} {error}", flush=True)
            continue
        failed = failed or bool(row["missed"])
        same = "differ" if "greedy tokens" in row["missed"] else "same"
        print(f"{name:26s} {row['reference']:10.4f} {row['exact']:10.4f} {row['fast']:10.4f}  {same:6s}  {row['answer']!r}"
              + (f"  MISSED: {', '.join(row['missed'])}" if row["missed"] else ""), flush=True)
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, action in (("convert", convert), ("check", check)):
        command = commands.add_parser(name)
        command.set_defaults(action=action)
        if action is convert:
            command.add_argument("gguf", type=Path)
        command.add_argument("out", type=Path)
        if action is check:
            command.add_argument("--hearth", type=Path, default=ROOT / "build/release/hearth")
        command.add_argument("--only", nargs="+", choices=FORMATS, metavar="NAME")
    options = parser.parse_args()
    return options.action(options)


if __name__ == "__main__":
    sys.exit(main())
