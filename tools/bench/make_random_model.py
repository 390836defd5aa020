#!/usr/bin/env python3
"""Writes a GGUF file of the llama architecture with random weights, for benchmarks that need a size and no sense.

    tools/bench/make_random_model.py tinyllama-q4_0.gguf --type Q4_0
    tools/bench/make_random_model.py tinyllama-q4_k.gguf --type Q4_K --output-type Q6_K

Blocks are random bytes whose scales are set so that a row has about unit gain and mean 0: activations stay finite and no
kernel meets values that real weights do not have. The same arguments give the same file. Tensors are streamed to disk,
so memory stays small. Standard library only.
"""

import argparse
import math
import random
import struct
from pathlib import Path

PRESETS = {
    # layers, hidden, ffn, heads, kv heads, vocabulary
    "tinyllama-1.1b": (22, 2048, 5632, 32, 4, 32000),
    "llama-135m": (30, 768, 2048, 12, 4, 32000),
    "tiny": (2, 256, 512, 4, 2, 512),
}

# name: (ggml id, weights per block, bytes per block, {offset of a binary16: factor}, standard deviation at factor 1).
# A factor multiplies the scale of the block; minimums are the negative mean of what the random levels give.
ENCODINGS = {
    "Q4_0": (2, 32, 18, {0: 1.0}, 4.6),
    "Q4_1": (3, 32, 20, {0: 1.0, 2: -8.0}, 4.6),
    "Q5_0": (6, 32, 22, {0: 1.0}, 9.2),
    "Q8_0": (8, 32, 34, {0: 1.0}, 74.0),
    "Q4_K": (12, 256, 144, {0: 1.0, 2: 8.0}, 270.0),
    "Q5_K": (13, 256, 176, {0: 1.0, 2: 16.0}, 550.0),
    "Q6_K": (14, 256, 210, {208: 1.0}, 1370.0),
}
F32_ID = 0
ALIGNMENT = 32
CHUNK_BLOCKS = 65536


def gguf_string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_value(value):
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + gguf_string(value)
    element, code = {str: (8, None), float: (6, "f"), int: (5, "i")}[type(value[0])]
    head = struct.pack("<IIQ", 9, element, len(value))
    return head + (b"".join(map(gguf_string, value)) if code is None else struct.pack(f"<{len(value)}{code}", *value))


def scale_bytes(scale):
    """The upper byte of a binary16 scale of this size; the lower byte is free, which varies it by up to a quarter."""
    return struct.unpack("<H", struct.pack("<e", scale))[0] >> 8


def random_blocks(rng, encoding, n_blocks, n_cols):
    _, _, block_bytes, factors, deviation = ENCODINGS[encoding]
    scale = 1.0 / (math.sqrt(n_cols) * deviation)
    # A power of two keeps scale and minimum in step when both get the same lower byte.
    scale = 2.0 ** round(math.log2(scale))
    data = bytearray(rng.randbytes(n_blocks * block_bytes))
    low = rng.randbytes(n_blocks)
    for offset, factor in factors.items():
        data[offset::block_bytes] = low
        data[offset + 1 :: block_bytes] = bytes([scale_bytes(scale * factor)]) * n_blocks
    return data


def tensor_list(dims, weight_type, output_type):
    """(name, ne fastest first, encoding) in file order."""
    n_layers, hidden, ffn, n_heads, n_kv_heads, vocab = dims
    kv_dim = hidden // n_heads * n_kv_heads
    tensors = [("token_embd.weight", (hidden, vocab), weight_type)]
    for i in range(n_layers):
        tensors += [
            (f"blk.{i}.attn_norm.weight", (hidden,), "F32"),
            (f"blk.{i}.attn_q.weight", (hidden, hidden), weight_type),
            (f"blk.{i}.attn_k.weight", (hidden, kv_dim), weight_type),
            (f"blk.{i}.attn_v.weight", (hidden, kv_dim), weight_type),
            (f"blk.{i}.attn_output.weight", (hidden, hidden), weight_type),
            (f"blk.{i}.ffn_norm.weight", (hidden,), "F32"),
            (f"blk.{i}.ffn_gate.weight", (hidden, ffn), weight_type),
            (f"blk.{i}.ffn_up.weight", (hidden, ffn), weight_type),
            (f"blk.{i}.ffn_down.weight", (ffn, hidden), weight_type),
        ]
    tensors += [("output_norm.weight", (hidden,), "F32"), ("output.weight", (hidden, vocab), output_type)]
    return tensors


def metadata(name, dims):
    n_layers, hidden, ffn, n_heads, n_kv_heads, vocab = dims
    # A sentencepiece-like vocabulary: three control tokens, the bytes, then words without meaning.
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    types = [2, 3, 3] + [6] * 256
    n_words = vocab - len(tokens)
    return {
        "general.architecture": "llama",
        "general.name": name,
        "llama.context_length": 2048,
        "llama.embedding_length": hidden,
        "llama.block_count": n_layers,
        "llama.feed_forward_length": ffn,
        "llama.rope.dimension_count": hidden // n_heads,
        "llama.attention.head_count": n_heads,
        "llama.attention.head_count_kv": n_kv_heads,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.freq_base": 10000.0,
        "llama.vocab_size": vocab,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": tokens + [f"▁w{i}" for i in range(n_words)],
        "tokenizer.ggml.scores": [0.0] * len(tokens) + [-float(i) for i in range(n_words)],
        "tokenizer.ggml.token_type": types + [1] * n_words,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": True,
    }


def tensor_bytes(ne, encoding):
    n = math.prod(ne)
    if encoding == "F32":
        return 4 * n
    _, block_size, block_bytes, _, _ = ENCODINGS[encoding]
    if ne[0] % block_size != 0:
        raise SystemExit(f"rows of {encoding} must be a multiple of {block_size} weights, found {ne[0]}")
    return n // block_size * block_bytes


def padding(n_bytes):
    return -n_bytes % ALIGNMENT


def write_tensor(file, rng, ne, encoding):
    if encoding == "F32":
        file.write(struct.pack("<f", 1.0) * math.prod(ne))
        return
    n_blocks = math.prod(ne) // ENCODINGS[encoding][1]
    for start in range(0, n_blocks, CHUNK_BLOCKS):
        file.write(random_blocks(rng, encoding, min(CHUNK_BLOCKS, n_blocks - start), ne[0]))


def write_model(path, dims, weight_type, output_type, seed):
    tensors = tensor_list(dims, weight_type, output_type)
    keys = metadata(f"random {path.stem}", dims)
    infos, offset = b"", 0
    for name, ne, encoding in tensors:
        ggml_id = F32_ID if encoding == "F32" else ENCODINGS[encoding][0]
        infos += gguf_string(name) + struct.pack(f"<I{len(ne)}QIQ", len(ne), *ne, ggml_id, offset)
        offset += tensor_bytes(ne, encoding)
        offset += padding(offset)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(gguf_string(key) + gguf_value(value) for key, value in keys.items()) + infos
    rng = random.Random(seed)
    with path.open("wb") as file:
        file.write(head + bytes(padding(len(head))))
        for _, ne, encoding in tensors:
            write_tensor(file, rng, ne, encoding)
            file.write(bytes(padding(file.tell())))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="tinyllama-1.1b")
    parser.add_argument("--type", choices=ENCODINGS, default="Q4_0", help="encoding of the matrices and the embedding")
    parser.add_argument("--output-type", choices=ENCODINGS, help="encoding of output.weight (default: as the others)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    write_model(args.file, PRESETS[args.preset], args.type, args.output_type or args.type, args.seed)


if __name__ == "__main__":
    main()
