"""Train the beat network: ``python -m musicapp_pipeline.analysis.training.train --help``.

Needs PyTorch (2.13 was used), which is not a dependency of the project. The trained network is
written as plain arrays with its normalisation folded in; ``analysis/network.py`` runs it.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from musicapp_pipeline.analysis.network import (
    CHANNELS,
    DILATIONS,
    FIRST_TAPS,
    INPUTS,
    OUTPUTS,
    TAPS,
)
from musicapp_pipeline.analysis.training.examples import Example, excerpt, load
from musicapp_pipeline.analysis.training.folding import fold
from musicapp_pipeline.analysis.training.resuming import settle, stored, take_over

FRAMES = 1500
BATCH = 12
TASKS = (*OUTPUTS, "sung", "tune")
"""What is learned: the last two, whether a voice or anything has the lead, only teach to listen.

They did not carry over from the voice that was studied to the demo's, so they are not shipped.
"""
RATE = 3e-3
STAGE = 500
"""Steps between weights that are written: an early stage is shipped beside the last."""
SHARES = (0.5, 0.6, 0.3, 0.1, 0.1)
"""What each task's loss counts: beats first."""
BALANCE = (4.0, 8.0, 8.0, 1.0, 1.0)
"""How much more a beat (and the like) counts than the many moments that are none."""


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
        nn.Conv1d(CHANNELS, len(TASKS), 1),
    )


class Songs:
    """The generated songs of a folder, of which some are kept aside to check on.

    Songs may still be being written there: :meth:`grow` takes in those that are new.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        first = [load(path) for path in sorted(folder.glob("*.json"))]
        aside = max(1, len(first) // 20)
        self.kept, self.studied = first[-aside:], first[:-aside]
        self._known = {song.name for song in first}

    def grow(self) -> None:
        fresh = [p for p in sorted(self._folder.glob("*.json")) if p.stem not in self._known]
        self.studied += [load(path) for path in fresh]
        self._known.update(path.stem for path in fresh)


def _losses(logits: Any, targets: Any, weights: Any) -> Any:
    """The mean loss of each task, (tasks,)."""
    import torch
    from torch.nn import functional  # type: ignore[import-not-found]

    each = functional.binary_cross_entropy_with_logits(
        logits.transpose(1, 2), targets, pos_weight=torch.tensor(BALANCE), reduction="none"
    )
    return (each * weights[:, :, None]).sum((0, 1)) / (weights.sum() + 1)


def _batch(songs: list[Example], rng: np.random.Generator) -> tuple[Any, ...]:
    import torch

    chosen = rng.choice(len(songs), BATCH, replace=len(songs) < BATCH)
    columns = zip(*(excerpt(songs[i], FRAMES, rng) for i in chosen), strict=True)
    inputs, targets, weights = (torch.from_numpy(np.stack(column)) for column in columns)
    return inputs.transpose(1, 2), targets, weights


def train(
    songs: Songs,
    *,
    minutes: float,
    seed: int = 0,
    rate: float = RATE,
    start: Path | None = None,
    stages: Path | None = None,
) -> Any:
    """Fit the network for so many minutes; every 50 steps the losses of the kept songs are told.

    Args:
        songs: what to study.
        minutes: of wall time; the learning rate falls to nothing with it.
        seed: of weights and excerpts.
        rate: the highest learning rate.
        start: a network to go on from, a ``.pt`` of this trainer or shipped weights; what it lacks
            of the tasks begins anew.
        stages: where the weights of every ``STAGE`` steps are written, by their number.
    """
    import torch

    torch.manual_seed(seed)
    # Two threads on shared cores spend more time waiting for each other than they save.
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    net = build()
    if start is not None:
        take_over(net, stored(start))
        if start.suffix == ".npz":
            settle(net, [_batch(songs.studied, rng)[0] for _ in range(8)])
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-3)
    shares = torch.tensor(SHARES)
    began, spent, step = time.monotonic(), 0.0, 0
    while spent < 1:
        inputs, targets, weights = _batch(songs.studied, rng)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * _cosine(spent)
        optimiser.zero_grad()
        (_losses(net(inputs), targets, weights) * shares).sum().backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        spent = (time.monotonic() - began) / (60 * minutes)
        if step % 50 == 0:
            _report(net, songs, step, spent * minutes)
            songs.grow()
        if stages is not None and step % STAGE == 0:
            export(net, stages.with_name(f"{stages.stem}-{step}.npz"))
    return net.eval()


def _cosine(spent: float) -> float:
    return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(spent, 1))))


def _report(net: Any, songs: Songs, step: int, minute: float) -> None:
    import torch

    rng = np.random.default_rng(5)
    net.eval()
    with torch.no_grad():
        batches = [_batch(songs.kept, rng) for _ in range(3)]
        held = torch.stack([_losses(net(b[0]), b[1], b[2]) for b in batches]).mean(0)
    net.train()
    told = " ".join(f"{name} {value:.3f}" for name, value in zip(TASKS, held, strict=True))
    print(f"{step} steps, {minute:.1f} min, {len(songs.studied)} songs: {told}", flush=True)


def export(net: Any, path: Path) -> None:
    """Write the weights as ``analysis/network.py`` reads them."""
    state = {key: value.detach().double().numpy() for key, value in net.state_dict().items()}
    np.savez(path, **fold(state))  # type: ignore[arg-type]


def main() -> None:
    """Command line."""
    import torch

    parser = argparse.ArgumentParser(description="Train the beat network on generated songs.")
    parser.add_argument("--songs", type=Path, required=True, help="folder made by dataset.py")
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.npz)")
    parser.add_argument(
        "--minutes", type=float, default=40.0, help="of wall time; the learning rate falls with it"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="a .pt or shipped .npz to go on from")
    args = parser.parse_args()
    net = train(
        Songs(args.songs),
        minutes=args.minutes,
        seed=args.seed,
        rate=args.rate,
        start=args.start,
        stages=args.out,
    )
    torch.save(net.state_dict(), args.out.with_suffix(".pt"))
    export(net, args.out)


if __name__ == "__main__":
    main()
