"""What convert_real.py writes: one function per weight format, from fp32 weights to the tensors of a file.

Each returns (tensors, values): the packed tensors under their names in the file, and the exact fp32 values that they
stand for, which the reference computes with. GPTQ and AWQ are packed by AutoGPTQ and AutoAWQ where these can be
imported (both run without a GPU), else by the functions here; EXL2 has no packer that runs on a CPU, so that of
tools/fixtures is used.
"""
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

warnings.filterwarnings("ignore", module="auto_gptq|awq")   # that they are no longer developed
logging.getLogger("auto_gptq").setLevel(logging.ERROR)      # that there is no GPU
sys.path.insert(0, str(Path(__file__).resolve().parent / "fixtures"))

BITS = 4
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)


def public_packer(name):
    """The class that packs a layer, or None where its package is not installed."""
    try:
        if name == "gptq":
            from auto_gptq.nn_modules.qlinear.qlinear_cuda import QuantLinear
            return QuantLinear
        from awq.modules.linear.gemm import WQLinear_GEMM
        return WQLinear_GEMM
    except ImportError:
        return None


def packer_name(name):
    return {"gptq": "AutoGPTQ", "awq": "AutoAWQ"}[name] if public_packer(name) else "numpy"


class Grid:
    """Integers q [in, out], fp16 scales and integer zero points [groups, out], and the group of each input."""

    def __init__(self, q, scales, zeros, groups):
        self.q, self.scales, self.zeros, self.groups = q, scales, zeros, groups

    def values(self):
        """[out, in], fp32."""
        scales, zeros = self.scales[self.groups].float(), self.zeros[self.groups]
        return ((self.q - zeros).float() * scales).T.contiguous()


def fit_group(columns, sym):
    """Scale and zero point of a group, [out] each, for columns [out, n]."""
    max_q = 2 ** BITS - 1
    low, high = columns.amin(1).clamp(max=0), columns.amax(1).clamp(min=0)
    if sym:
        high = torch.maximum(-low, high)
        low = -high
    scale = ((high - low) / max_q).clamp(min=1e-6).half().float()
    zero = torch.full_like(scale, (max_q + 1) / 2) if sym else torch.round(-low / scale).clamp(1, max_q)
    return scale, zero


def quantise(weight, hessian, group_size, sym, act_order):
    """GPTQ (Frantar et al. 2022, section 3): columns are rounded in turn, the error of each is spread over those that
    follow by the inverse Hessian of the layer's inputs. With act_order the columns that matter most come first."""
    w = weight.clone().double()
    n_out, n_in = w.shape
    h = hessian.clone().double()
    dead = h.diagonal() == 0
    h[dead, dead] = 1
    order = torch.argsort(h.diagonal(), descending=True) if act_order else torch.arange(n_in)
    w, h = w[:, order], h[order][:, order]
    h += torch.eye(n_in, dtype=h.dtype) * 0.01 * h.diagonal().mean()
    inverse = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)
    w, inverse = w.float(), inverse.float()
    n_groups = -(-n_in // group_size)
    q = torch.zeros(n_in, n_out, dtype=torch.int64)
    scales, zeros = torch.zeros(n_groups, n_out), torch.zeros(n_groups, n_out, dtype=torch.int64)
    for group in range(n_groups):
        begin, end = group * group_size, min((group + 1) * group_size, n_in)
        block = w[:, begin:end].clone()
        scale, zero = fit_group(block, sym)
        scales[group], zeros[group] = scale, zero.long()
        errors = torch.zeros_like(block)
        for i in range(end - begin):
            rounded = torch.clamp(torch.round(block[:, i] / scale + zero), 0, 2 ** BITS - 1)
            q[begin + i] = rounded.long()
            errors[:, i] = (block[:, i] - (rounded - zero) * scale) / inverse[begin + i, begin + i]
            block[:, i + 1:] -= errors[:, i, None] * inverse[begin + i, begin + i + 1:end]
        w[:, end:] -= errors @ inverse[begin:end, end:]
    groups = torch.empty(n_in, dtype=torch.int64)
    groups[order] = torch.arange(n_in) // group_size
    unordered = torch.empty_like(q)
    unordered[order] = q
    return Grid(unordered, scales.half(), zeros, groups)


def pack_words(values, axis, order=tuple(range(8))):
    """Eight 4-bit values to an int32 along `axis`; nibble i holds value order[i]."""
    values = np.moveaxis(values.numpy().astype(np.uint32), axis, 0)
    words = np.zeros((values.shape[0] // 8, *values.shape[1:]), dtype=np.uint32)
    for nibble, index in enumerate(order):
        words |= values[index::8] << np.uint32(4 * nibble)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(words, 0, axis)).view(np.int32))


def linear_of(weight):
    linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    linear.weight.data = weight
    return linear


def gptq(weight, hessian, group_size, act_order):
    grid = quantise(weight, hessian, group_size, True, act_order)
    values = grid.values()
    packer = public_packer("gptq")
    if packer is None:
        # Version 1 of the format stores zero points less one.
        tensors = {"qweight": pack_words(grid.q, 0), "qzeros": pack_words(grid.zeros - 1, 1), "scales": grid.scales,
                   "g_idx": grid.groups.int()}
        return tensors, values
    layer = packer(bits=BITS, group_size=group_size, infeatures=weight.shape[1], outfeatures=weight.shape[0], bias=False)
    layer.pack(linear_of(values), grid.scales.float().T.contiguous(), grid.zeros.float().T.contiguous(),
               grid.groups.int())
    return {name: getattr(layer, name).clone() for name in ("qweight", "qzeros", "scales", "g_idx")}, values


def awq(weight, hessian, group_size):
    grid = quantise(weight, hessian, group_size, False, False)
    values = grid.values()
    packer = public_packer("awq")
    if packer is None:
        tensors = {"qweight": pack_words(grid.q, 1, AWQ_ORDER), "qzeros": pack_words(grid.zeros, 1, AWQ_ORDER),
                   "scales": grid.scales}
        return tensors, values
    layer = packer.from_linear(linear_of(values), BITS, group_size, scales=grid.scales.float(),
                               zeros=grid.zeros.float())
    return {name: getattr(layer, name).clone().contiguous() for name in ("qweight", "qzeros", "scales")}, values


def exl2(weight, bits_of_groups, seed):
    """bits_of_groups: the bits of each group of 64 inputs, descending."""
    from make_exl2 import dequantise, quantise as quantise_exl2
    tensors, values = quantise_exl2(weight, [(bits, 64) for bits in bits_of_groups], seed)
    assert torch.equal(dequantise(tensors), values)
    return tensors, values
