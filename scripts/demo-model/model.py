"""The demo model: CLIP-shaped tower, two-layer projector, Qwen2-shaped decoder. Float32, written for training on one core.

All questions of an image are answered in one pass: each sees the system prompt, the image and itself only, which is
what the engine's shared prefix computes too, so the tower and the image's tokens are paid for once.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from pixels import PATCH, SIDE, TILE

VISION = dict(hidden=128, layers=4, heads=4, mlp=512)
TEXT = dict(hidden=128, layers=5, heads=4, kv=2, mlp=256, theta=10000.0)
HEAD = 32
NAMES = ["none", "circle", "square", "triangle", "star", "cross", "ring", "bar", *"0123456789"]
COLOURS = ["none", "red", "green", "blue", "yellow", "purple", "black"]
# The decoder layer whose output is asked, in training only, whether an option is the right one.
OPTION_LAYER = 3


class VisionLayer(nn.Module):
    def __init__(self, d, mlp):
        super().__init__()
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.fc1, self.fc2 = nn.Linear(d, mlp), nn.Linear(mlp, d)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(self.layer_norm1(x)).view(n, t, 3, d // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        a = torch.softmax(q @ k.transpose(-1, -2) * HEAD ** -0.5, -1) @ v
        x = x + self.out_proj(a.transpose(1, 2).reshape(n, t, d))
        h = self.fc1(self.layer_norm2(x))
        return x + self.fc2(h * torch.sigmoid(1.702 * h))


class Tower(nn.Module):
    """pixels [n, 3, 32, 32] -> patch features [n, 16, hidden]."""

    def __init__(self):
        super().__init__()
        d = VISION["hidden"]
        self.patch = nn.Linear(3 * PATCH * PATCH, d, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(d) * 0.02)
        self.position = nn.Parameter(torch.randn(SIDE * SIDE + 1, d) * 0.02)
        self.pre_layrnorm = nn.LayerNorm(d)
        self.layers = nn.ModuleList(VisionLayer(d, VISION["mlp"]) for _ in range(VISION["layers"]))

    def forward(self, x):
        n = x.shape[0]
        x = x.view(n, 3, SIDE, PATCH, SIDE, PATCH).permute(0, 2, 4, 1, 3, 5).reshape(n, SIDE * SIDE, -1)
        x = torch.cat([self.class_embedding.expand(n, 1, -1), self.patch(x)], 1) + self.position
        x = self.pre_layrnorm(x)
        for layer in self.layers:
            x = layer(x)
        return x[:, 1:]


class Norm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


def rope_table(length):
    f = TEXT["theta"] ** (-torch.arange(0, HEAD, 2).float() / HEAD)
    angle = torch.arange(length).float()[:, None] * f[None]
    return torch.cat([angle.cos(), angle.cos()], -1), torch.cat([-angle.sin(), angle.sin()], -1)


def rope(x, cos, sin):
    """x [..., tokens, heads, 32]; tables [tokens, heads, 32] with the sign of the rotation in `sin`."""
    a, b = x.split(HEAD // 2, -1)
    return x * cos + torch.cat([b, a], -1) * sin


def attend(q, k, v, mask):
    """q [b, heads, tq, 32], already scaled; k, v [b, kv, tk, 32]; additive mask [tq, tk]."""
    b, heads, tq, _ = q.shape
    kv = k.shape[1]
    q = q.reshape(b, kv, heads // kv * tq, HEAD)
    scores = (q @ k.transpose(-1, -2)).view(b, kv, heads // kv, tq, -1) + mask
    out = torch.softmax(scores, -1).view(b, kv, heads // kv * tq, -1) @ v
    return out.view(b, heads, tq, HEAD)


class TextLayer(nn.Module):
    def __init__(self):
        super().__init__()
        d, kv, m = TEXT["hidden"], TEXT["kv"] * HEAD, TEXT["mlp"]
        self.input_layernorm, self.post_attention_layernorm = Norm(d), Norm(d)
        self.qkv, self.o_proj = nn.Linear(d, d + 2 * kv), nn.Linear(d, d, bias=False)
        self.gate_up, self.down_proj = nn.Linear(d, 2 * m, bias=False), nn.Linear(m, d, bias=False)

    def forward(self, x, plan, wanted=None):
        """x [b, P + sum(Q * L), d]: the prefix, then each group's questions one after the other.

        With `wanted` (flat positions behind the prefix) only those rows are finished: [wanted, d]. For the last layer,
        whose other rows nobody reads.
        """
        b, t, d = x.shape
        heads, kv = TEXT["heads"], TEXT["kv"]
        # split, not slices: the gradient of a split is one concatenation.
        qk, v = self.qkv(self.input_layernorm(x)).view(b, t, -1, HEAD).split([heads + kv, kv], 2)
        q, k = rope(qk, plan.cos, plan.sin).split([heads, kv], 2)
        parts = [heads_first.split(plan.sizes, 2) for heads_first in (q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))]
        out = []
        for i, mask in enumerate(plan.masks):
            if wanted is not None and i == 0:
                continue
            qi, ki, vi = (part[i] for part in parts)
            if i > 0:
                ki, vi = torch.cat([parts[1][0], ki], 2), torch.cat([parts[2][0], vi], 2)
            out.append(attend(qi, ki, vi, mask))
        a = torch.cat(out, 2).transpose(1, 2)
        if wanted is None:
            a = a.reshape(b, t, d)
        else:
            a = a.reshape(-1, d)[wanted]
            x = x.split([plan.sizes[0], t - plan.sizes[0]], 1)[1].reshape(-1, d)[wanted]
        x = x + self.o_proj(a)
        gate, up = self.gate_up(self.post_attention_layernorm(x)).chunk(2, -1)
        return x + self.down_proj(F.silu(gate) * up)


class Plan:
    """Positions and masks of one pass: a prefix of P tokens and groups of (questions, tokens each)."""

    def __init__(self, prefix, groups, tables):
        self.sizes = [prefix, *(count * length for count, length in groups)]
        at = torch.cat([torch.arange(prefix)] + [torch.arange(prefix, prefix + length).repeat(count) for count, length in groups])
        # The scale of attention is folded into the queries' table.
        heads = torch.cat([torch.full((TEXT["heads"],), HEAD ** -0.5), torch.ones(TEXT["kv"])])[None, :, None]
        self.cos, self.sin = tables[0][at][:, None] * heads, tables[1][at][:, None] * heads
        self.masks = [torch.full((prefix, prefix), -1e9).triu(1)]
        for count, length in groups:
            owner, place = torch.arange(count).repeat_interleave(length), torch.arange(length).repeat(count)
            sees = (owner[:, None] == owner[None]) & (place[:, None] >= place[None])
            self.masks.append(torch.cat([torch.zeros(count * length, prefix), torch.where(sees, 0.0, -1e9)], 1))


class Model(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        d, h = VISION["hidden"], TEXT["hidden"]
        self.tower = Tower()
        self.linear_1, self.linear_2 = nn.Linear(d, h), nn.Linear(h, h)
        self.image_newline = nn.Parameter(torch.randn(h) * 0.02)
        self.embed = nn.Embedding(vocabulary, h)
        self.layers = nn.ModuleList(TextLayer() for _ in range(TEXT["layers"]))
        self.norm = Norm(h)
        self.lm_head = nn.Linear(h, vocabulary, bias=False)
        # For training only, never exported.
        self.see_name, self.see_colour, self.see_centre = nn.Linear(d, len(NAMES)), nn.Linear(d, len(COLOURS)), nn.Linear(d, 1)
        self.right_option = nn.Linear(h, 1)
        self.tables = rope_table(1024)
        for name, p in self.named_parameters():
            if p.dim() == 2 and "position" not in name:
                nn.init.normal_(p, std=0.02 if "embed" in name else p.shape[1] ** -0.5 * (0.4 if any(s in name for s in ("out_proj", "fc2", "o_proj", "down_proj")) else 1))
        nn.init.normal_(self.lm_head.weight, std=0.02)

    def see(self, pixels):
        """pixels [b, tiles, 3, 32, 32] -> features [b, tiles * 16, hidden]."""
        b, t = pixels.shape[:2]
        return self.tower(pixels.reshape(b * t, 3, TILE, TILE)).reshape(b, t * SIDE * SIDE, -1)

    def pack(self, features, order):
        """features -> projected image tokens [b, tokens, h] in the packing order (newline where it says -1)."""
        x = self.linear_2(F.gelu(self.linear_1(features)))
        x = torch.cat([x, self.image_newline.expand(x.shape[0], 1, -1)], 1)
        return x[:, order]

    def forward(self, prefix, groups, targets, options):
        """prefix [b, P, h] embedded; groups: ids [b, count, length] each. `targets` and `options` are flat positions behind
        the prefix: returns the logits at the first and, for training, the right-option scores at the second.
        """
        b, P = prefix.shape[:2]
        plan = Plan(P, [tuple(ids.shape[1:]) for ids in groups], self.tables)
        x = torch.cat([prefix, *[self.embed(ids.reshape(b, -1)) for ids in groups]], 1)
        for i, layer in enumerate(self.layers):
            x = layer(x, plan, targets if i + 1 == len(self.layers) else None)
            if i + 1 == OPTION_LAYER and len(options) > 0:
                scores = self.right_option(x.split([P, x.shape[1] - P], 1)[1].reshape(-1, x.shape[-1])[options])[:, 0]
        return self.lm_head(self.norm(x)), scores if len(options) > 0 else None
