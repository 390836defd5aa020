#!/usr/bin/env python3
"""Writes a model folder (config.json and model.safetensors) of the llama architecture with random weights.

    tools/bench/make_random_folder.py gptq-4bit --kind gptq --bits 4 --group 128 --act-order
    tools/bench/make_random_folder.py exl2 --kind exl2

For what needs a size and no sense: memory and speed of every way to quantise a folder. Codes are random bits and scales
give a row about unit gain, so activations stay finite. The same arguments give the same folder. Tensors are streamed to
disk, so memory stays small. Standard library only. The layouts are those of tests/golden (gptq-*, awq-*, exl2-mixed,
hf-llama-fp8-*).
"""

import argparse
import array
import json
import math
import random
import struct
from pathlib import Path

from make_random_model import PRESETS

KINDS = ("bf16", "f16", "gptq", "awq", "exl2", "fp8-block", "fp8-channel")
WIDTH = {"F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "F8_E4M3": 1}
FP8_BLOCK = 128
EXL2_GROUP = 128
# Shares of the input rows by bits, and the bits of the output matrix, as the quantiser's optimiser tends to choose them.
EXL2_MIX = ((6, 0.125), (5, 0.125), (4, 0.5), (3, 0.25))
EXL2_HEAD_BITS = 6


def deviation(bits):
    """Of a code of so many random bits about its middle."""
    return math.sqrt((4**bits - 1) / 12)


def half(value):
    return struct.pack("<e", value)


class Filler:
    """Makes the bytes of tensors; each method returns a function that writes one tensor."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def bits(self, n_bytes):
        def write(file):
            left = n_bytes
            while left > 0:
                n = min(left, 1 << 22)
                file.write(self.rng.randbytes(n))
                left -= n

        return write

    @staticmethod
    def constant(element, count):
        return lambda file: file.write(element * count)

    def floats16(self, n, n_cols, is_bf16):
        """Random signs and fractions with one exponent, so that rows of n_cols have unit gain."""
        exponent = round(math.log2(1 / math.sqrt(n_cols)))
        if is_bf16:
            top = (exponent + 127) << 7
            mask, low = 0x807F, 7
        else:
            top = (exponent + 15) << 10
            mask, low = 0x83FF, 10
        assert top >> low

        def write(file):
            left = n
            while left > 0:
                count = min(left, 1 << 20)
                words = array.array("H", self.rng.randbytes(2 * count))
                file.write(array.array("H", [(word & mask) | top for word in words]).tobytes())
                left -= count

        return write

    def fp8(self, n):
        """E4M3 with exponents from 2^-2 to 2: no NaN, no huge value."""
        table = bytes((byte & 0x87) | ((5 + (byte >> 3 & 3)) << 3) for byte in range(256))

        def write(file):
            left = n
            while left > 0:
                count = min(left, 1 << 22)
                file.write(self.rng.randbytes(count).translate(table))
                left -= count

        return write

    def shuffled(self, values, width):
        values = list(values)
        self.rng.shuffle(values)
        return lambda file: file.write(array.array({2: "h", 4: "i"}[width], values).tobytes())


class Writer:
    """Collects (name, dtype, shape, how to write it) and writes one safetensors file."""

    def __init__(self):
        self.tensors = []

    def add(self, name, dtype, shape, write):
        self.tensors.append((name, dtype, shape, write))

    def save(self, path):
        header, offset = {}, 0
        for name, dtype, shape, _ in self.tensors:
            n_bytes = math.prod(shape) * WIDTH[dtype]
            header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + n_bytes]}
            offset += n_bytes
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for name, dtype, shape, write in self.tensors:
                begin = file.tell()
                write(file)
                assert file.tell() - begin == math.prod(shape) * WIDTH[dtype], name


def add_gptq(writer, filler, name, rows, cols, args):
    group = args.group if args.group > 0 else cols
    n_groups = -(-cols // group)
    scale = half(1 / (math.sqrt(cols) * deviation(args.bits)))
    writer.add(f"{name}.qweight", "I32", (cols * args.bits // 32, rows), filler.bits(cols * args.bits // 8 * rows))
    # Stored less one: the middle of the codes.
    stored = (1 << (args.bits - 1)) - 1
    stream = sum(stored << (args.bits * i) for i in range(32)).to_bytes(4 * args.bits, "little")
    zeros = stream * (rows // 32)
    writer.add(f"{name}.qzeros", "I32", (n_groups, rows * args.bits // 32), filler.constant(zeros, n_groups))
    writer.add(f"{name}.scales", "F16", (n_groups, rows), filler.constant(scale, n_groups * rows))
    order = [column // group for column in range(cols)]
    if args.act_order:
        writer.add(f"{name}.g_idx", "I32", (cols,), filler.shuffled(order, 4))
    else:
        writer.add(f"{name}.g_idx", "I32", (cols,), lambda file: file.write(array.array("i", order).tobytes()))


def add_awq(writer, filler, name, rows, cols, args):
    n_groups = cols // args.group
    writer.add(f"{name}.qweight", "I32", (cols, rows // 8), filler.bits(cols * rows // 2))
    writer.add(f"{name}.qzeros", "I32", (n_groups, rows // 8), filler.constant(b"\x88" * (rows // 2), n_groups))
    scale = half(1 / (math.sqrt(cols) * deviation(4)))
    writer.add(f"{name}.scales", "F16", (n_groups, rows), filler.constant(scale, n_groups * rows))


def add_exl2(writer, filler, name, rows, cols, bits=None):
    n_groups = cols // EXL2_GROUP
    plan = []
    for width, share in EXL2_MIX if bits is None else ((bits, 1.0),):
        plan += [width] * max(1, round(n_groups * share))
    plan = (plan + [plan[-1]] * n_groups)[:n_groups]
    plan.sort(reverse=True)
    groups, first = [], 0
    for width in plan:
        groups += [width, first]
        first += EXL2_GROUP * width // 32
    # (s + 1)^2 * max / 256 with s = 15 in the middle of what random nibbles give.
    maxima = b"".join(half(2.5 / (math.sqrt(cols) * deviation(width))) for width in plan)
    writer.add(f"{name}.q_weight", "I32", (first, rows), filler.bits(4 * first * rows))
    writer.add(f"{name}.q_scale", "I32", (n_groups, rows // 8), filler.bits(n_groups * rows // 2))
    writer.add(f"{name}.q_scale_max", "F16", (n_groups,), lambda file: file.write(maxima))
    writer.add(f"{name}.q_groups", "I16", (2 * n_groups,), lambda file: file.write(array.array("h", groups).tobytes()))
    writer.add(f"{name}.q_invperm", "I32", (cols,), filler.shuffled(range(cols), 4))


def add_fp8(writer, filler, name, rows, cols, is_block):
    writer.add(f"{name}.weight", "F8_E4M3", (rows, cols), filler.fp8(rows * cols))
    scale = 1 / math.sqrt(cols)
    if is_block:
        shape = (-(-rows // FP8_BLOCK), -(-cols // FP8_BLOCK))
        writer.add(f"{name}.weight_scale_inv", "F32", shape, filler.constant(struct.pack("<f", scale), math.prod(shape)))
    else:
        writer.add(f"{name}.weight_scale", "F32", (rows, 1), filler.constant(struct.pack("<f", scale), rows))


def add_linear(writer, filler, name, rows, cols, args):
    if args.kind == "gptq":
        add_gptq(writer, filler, name, rows, cols, args)
    elif args.kind == "awq":
        add_awq(writer, filler, name, rows, cols, args)
    elif args.kind == "exl2":
        add_exl2(writer, filler, name, rows, cols)
    elif args.kind.startswith("fp8"):
        add_fp8(writer, filler, name, rows, cols, args.kind == "fp8-block")
    else:
        add_float(writer, filler, f"{name}.weight", (rows, cols), args.kind)


def add_float(writer, filler, name, shape, kind):
    is_bf16 = kind == "bf16"
    write = filler.floats16(math.prod(shape), shape[-1], is_bf16)
    writer.add(name, "BF16" if is_bf16 else "F16", shape, write)


def add_norm(writer, name, n):
    writer.add(name, "F16", (n,), Filler.constant(half(1.0), n))


def quantization_config(args):
    if args.kind == "gptq":
        return {"quant_method": "gptq", "bits": args.bits, "group_size": args.group, "desc_act": args.act_order, "sym": True}
    if args.kind == "awq":
        return {"quant_method": "awq", "bits": 4, "group_size": args.group, "version": "gemm", "zero_point": True}
    if args.kind == "exl2":
        return {"quant_method": "exl2", "version": "0.2.0", "bits": 4.2, "head_bits": EXL2_HEAD_BITS}
    if args.kind == "fp8-block":
        return {"quant_method": "fp8", "weight_block_size": [FP8_BLOCK, FP8_BLOCK], "activation_scheme": "dynamic"}
    if args.kind == "fp8-channel":
        weights = {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": True}
        groups = {"group_0": {"targets": ["Linear"], "weights": weights}}
        return {"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": groups, "ignore": ["lm_head"]}
    return None


def config(dims, args):
    n_layers, hidden, ffn, n_heads, n_kv_heads, vocab = dims
    result = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": ffn,
        "num_hidden_layers": n_layers,
        "num_attention_heads": n_heads,
        "num_key_value_heads": n_kv_heads,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "vocab_size": vocab,
        "torch_dtype": "bfloat16" if args.kind == "bf16" else "float16",
    }
    quantization = quantization_config(args)
    return result | ({"quantization_config": quantization} if quantization else {})


def write_folder(folder, dims, args):
    n_layers, hidden, ffn, n_heads, n_kv_heads, vocab = dims
    kv_dim = hidden // n_heads * n_kv_heads
    writer, filler = Writer(), Filler(args.seed)
    add_float(writer, filler, "model.embed_tokens.weight", (vocab, hidden), args.kind)
    for i in range(n_layers):
        layer = f"model.layers.{i}"
        add_norm(writer, f"{layer}.input_layernorm.weight", hidden)
        for name, rows in (("q", hidden), ("k", kv_dim), ("v", kv_dim), ("o", hidden)):
            add_linear(writer, filler, f"{layer}.self_attn.{name}_proj", rows, hidden, args)
        add_norm(writer, f"{layer}.post_attention_layernorm.weight", hidden)
        add_linear(writer, filler, f"{layer}.mlp.gate_proj", ffn, hidden, args)
        add_linear(writer, filler, f"{layer}.mlp.up_proj", ffn, hidden, args)
        add_linear(writer, filler, f"{layer}.mlp.down_proj", hidden, ffn, args)
    add_norm(writer, "model.norm.weight", hidden)
    if args.kind == "exl2":
        add_exl2(writer, filler, "lm_head", vocab, hidden, EXL2_HEAD_BITS)
    else:
        add_float(writer, filler, "lm_head.weight", (vocab, hidden), args.kind)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config(dims, args), indent=1) + "\n")
    writer.save(folder / "model.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="tinyllama-1.1b")
    parser.add_argument("--kind", choices=KINDS, default="gptq")
    parser.add_argument("--bits", type=int, choices=(2, 3, 4, 8), default=4, help="of gptq")
    parser.add_argument("--group", type=int, default=128, help="of gptq (-1: one group) and awq")
    parser.add_argument("--act-order", action="store_true", help="of gptq")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    write_folder(args.folder, PRESETS[args.preset], args)


if __name__ == "__main__":
    main()
