"""Go on training from weights that exist."""

from pathlib import Path
from typing import Any

import numpy as np

from musicapp_pipeline.analysis.training.folding import unfold


def stored(path: Path) -> dict[str, Any]:
    """The state in a ``.pt`` of the trainer or in shipped weights."""
    import torch  # type: ignore[import-not-found]

    if path.suffix == ".npz":
        with np.load(path) as arrays:
            state = unfold({key: arrays[key] for key in arrays.files})
        return {key: torch.from_numpy(np.asarray(value)) for key, value in state.items()}
    return dict(torch.load(path))


def settle(net: Any, batches: list[Any]) -> None:
    """Let normalisation that does nothing know what it hears, without changing what comes out.

    Training normalises by each batch: without this the first step would hear another network.
    """
    import torch
    from torch import nn

    heard: dict[Any, list[Any]] = {m: [] for m in net.modules() if isinstance(m, nn.BatchNorm1d)}
    hooks = [m.register_forward_pre_hook(lambda m, x: heard[m].append(x[0])) for m in heard]
    net.eval()
    with torch.no_grad():
        for batch in batches:
            net(batch)
        for norm, inputs in heard.items():
            values = torch.cat(inputs)
            mean, variance = values.mean((0, 2)), values.var((0, 2))
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            norm.bias += (mean - norm.running_mean) * scale
            norm.weight.copy_(scale * torch.sqrt(variance + norm.eps))
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
    for hook in hooks:
        hook.remove()
    net.train()


def take_over(net: Any, state: dict[str, Any]) -> None:
    """Load weights; a last layer with fewer tasks fills the first of them."""
    for key, fresh in net.state_dict().items():
        old = state[key]
        if old.shape != fresh.shape:
            state[key] = 0.1 * fresh
            state[key][: len(old)] = old
    net.load_state_dict(state)
