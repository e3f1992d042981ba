"""Train the beat network: ``python -m musicapp_pipeline.analysis.training.train --help``.

Needs PyTorch (2.13 was used), which is not a dependency of the project. The trained network is
written as plain arrays with its normalisation folded in; ``analysis/network.py`` runs it.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from musicapp_pipeline.analysis.network import CHANNELS, DILATIONS, FIRST_TAPS, INPUTS, TAPS
from musicapp_pipeline.analysis.training.examples import Example, excerpt, load

FRAMES = 1500
BATCH = 12


def build() -> Any:
    """The network as a PyTorch module; ``analysis/network.py`` describes its shape."""
    from torch import nn  # type: ignore[import-not-found]

    class Residual(nn.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Any) -> Any:
            return x + self.inner(x)

    def wide(dilation: int) -> Any:
        padding = dilation * (TAPS - 1) // 2
        inner = (
            nn.Conv1d(CHANNELS, CHANNELS, TAPS, dilation=dilation, padding=padding),
            nn.BatchNorm1d(CHANNELS),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv1d(CHANNELS, CHANNELS, 1),
        )
        return Residual(nn.Sequential(*inner))

    return nn.Sequential(
        nn.Conv1d(INPUTS, CHANNELS, FIRST_TAPS, padding=FIRST_TAPS // 2),
        nn.BatchNorm1d(CHANNELS),
        nn.ReLU(),
        nn.Dropout(0.1),
        *(wide(dilation) for dilation in DILATIONS),
        nn.ReLU(),
        nn.Conv1d(CHANNELS, 2, 1),
    )


def _loss(logits: Any, targets: Any, weights: Any) -> Any:
    import torch
    from torch.nn import functional  # type: ignore[import-not-found]

    balance = torch.tensor([4.0, 8.0])
    each = functional.binary_cross_entropy_with_logits(
        logits.transpose(1, 2), targets, pos_weight=balance, reduction="none"
    )
    return (each * weights[:, :, None]).sum() / (weights.sum() * 2 + 1)


def _batch(songs: list[Example], rng: np.random.Generator) -> tuple[Any, ...]:
    import torch

    chosen = rng.choice(len(songs), BATCH, replace=len(songs) < BATCH)
    columns = zip(*(excerpt(songs[i], FRAMES, rng) for i in chosen), strict=True)
    inputs, targets, weights = (torch.from_numpy(np.stack(column)) for column in columns)
    return inputs.transpose(1, 2), targets, weights


def train(
    songs: list[Example], *, minutes: float, steps: int, seed: int = 0, start: Path | None = None
) -> Any:
    """Fit the network for at most so many steps or minutes.

    The last twentieth of ``songs`` is kept aside; its loss is printed.
    """
    import torch

    torch.manual_seed(seed)
    # Two threads on shared cores spend more time waiting for each other than they save.
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    aside = max(1, len(songs) // 20)
    kept, songs = songs[-aside:], songs[:-aside]
    net = build()
    if start is not None:
        net.load_state_dict(torch.load(start))
    print(f"{sum(p.numel() for p in net.parameters())} parameters, {len(songs)} songs", flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    began, spent, running = time.monotonic(), 0.0, 0.0
    step = 0
    while spent < 1:
        inputs, targets, weights = _batch(songs, rng)
        for group in optimiser.param_groups:
            warm = min(1.0, (step + 1) / 50)
            group["lr"] = 3e-3 * warm * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * min(spent, 1))))
        optimiser.zero_grad()
        loss = _loss(net(inputs), targets, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        value = float(loss.detach())
        running = 0.97 * running + 0.03 * value if step > 1 else value
        spent = max(step / steps, (time.monotonic() - began) / (60 * minutes))
        if step % 50 == 0:
            held = _held_loss(net, kept)
            minute = (time.monotonic() - began) / 60
            print(f"{step} {minute:.1f} min loss {running:.4f} held {held:.4f}", flush=True)
    return net.eval()


def _held_loss(net: Any, kept: list[Example]) -> float:
    import torch

    rng = np.random.default_rng(5)
    net.eval()
    with torch.no_grad():
        batches = [_batch(kept, rng) for _ in range(2)]
        losses = [float(_loss(net(b[0]), b[1], b[2])) for b in batches]
    net.train()
    return float(np.mean(losses))


def export(net: Any, path: Path) -> None:
    """Write the weights with batch normalisation folded into the convolutions, half precision."""
    state = {key: value.detach().double().numpy() for key, value in net.state_dict().items()}

    def folded(conv: str, norm: str) -> tuple[Any, Any]:
        scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + 1e-5)
        weight = state[f"{conv}.weight"]
        shift = (state[f"{conv}.bias"] - state[f"{norm}.running_mean"]) * scale
        return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), shift + state[f"{norm}.bias"]

    arrays: dict[str, Any] = {}
    arrays["first_w"], arrays["first_b"] = folded("0", "1")
    for i in range(len(DILATIONS)):
        block = f"{4 + i}.inner"
        arrays[f"wide{i}_w"], arrays[f"wide{i}_b"] = folded(f"{block}.0", f"{block}.1")
        arrays[f"mix{i}_w"] = state[f"{block}.4.weight"]
        arrays[f"mix{i}_b"] = state[f"{block}.4.bias"]
    last = 4 + len(DILATIONS) + 1
    arrays["out_w"], arrays["out_b"] = state[f"{last}.weight"], state[f"{last}.bias"]
    np.savez(path, **{key: value.astype(np.float16) for key, value in arrays.items()})


def main() -> None:
    """Command line."""
    import torch

    parser = argparse.ArgumentParser(description="Train the beat network on generated songs.")
    parser.add_argument("--songs", type=Path, required=True, help="folder made by dataset.py")
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.npz)")
    parser.add_argument(
        "--minutes", type=float, default=40.0, help="of wall time; the learning rate falls with it"
    )
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="a .pt to go on from")
    args = parser.parse_args()
    songs = [load(path) for path in sorted(args.songs.glob("*.json"))]
    net = train(songs, minutes=args.minutes, steps=args.steps, seed=args.seed, start=args.start)
    torch.save(net.state_dict(), args.out.with_suffix(".pt"))
    export(net, args.out)


if __name__ == "__main__":
    main()
