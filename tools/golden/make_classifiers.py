"""Writes native/test/golden/classifiers: tiny random torchvision ResNets, and what they and their heads answer.

Each case: config.json and model.safetensors as hspace reads them, and golden.safetensors with `images` (B, 3, H, W) in
[-1, 1], `outputs` (B, all outputs), `scores` (B, heads) and `distances` (B), from each picture to the one before it, computed in float64.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.transforms.functional import resize

HEADS = [
    {"name": "yaw", "type": "bins", "outputs": 7, "bin_width": 3, "offset": -9, "key": "fc_yaw"},
    {"name": "smile", "type": "softmax_pair", "outputs": 2},
    {"name": "age", "type": "linear", "outputs": 1, "scale": 20, "offset": 40},
    {"name": "glasses", "type": "sigmoid", "outputs": 1},
    {"name": "bald", "type": "softmax_pair", "outputs": 2, "positive": 0},
]
CASES = {
    "basic": {"block": "basic", "layers": [2, 1, 2, 1], "widths": [8, 8, 12, 16], "size": 32, "heads": HEADS},
    "bottleneck": {"block": "bottleneck", "layers": [1, 2, 1, 1], "widths": [4, 4, 6, 8], "size": 48, "heads": HEADS[1:]},
}


class Case(ResNet):
    """torchvision's network at these widths, with a linear layer for each of the heads' keys in place of its own."""

    def __init__(self, case: dict):
        block = BasicBlock if case["block"] == "basic" else Bottleneck
        super().__init__(block, case["layers"])
        self.inplanes = case["widths"][0]
        self.conv1 = nn.Conv2d(3, self.inplanes, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(self.inplanes)
        for i, (width, depth) in enumerate(zip(case["widths"], case["layers"])):
            setattr(self, f"layer{i + 1}", self._make_layer(block, width, depth, stride=1 if i == 0 else 2))
        self.fc = nn.Identity()
        keys: dict[str, int] = {}
        for head in case["heads"]:
            keys[head.get("key", "fc")] = keys.get(head.get("key", "fc"), 0) + head["outputs"]
        features = case["widths"][-1] * block.expansion
        self.layers = {key: nn.Linear(features, outputs).double() for key, outputs in keys.items()}


def randomise(network: nn.Module) -> None:
    """Statistics far from their initial 0 and 1, so that a forgotten one shows."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)


def score(head: dict, outputs: torch.Tensor) -> torch.Tensor:
    if head["type"] == "linear":
        return outputs[:, 0] * head["scale"] + head["offset"]
    if head["type"] == "sigmoid":
        return outputs[:, 0].sigmoid()
    if head["type"] == "softmax_pair":
        return outputs.softmax(1)[:, head.get("positive", 1)]
    bins = torch.arange(head["outputs"], dtype=outputs.dtype)
    return (outputs.softmax(1) * bins).sum(1) * head["bin_width"] + head["offset"]


def distances(network: ResNet, pictures: torch.Tensor) -> torch.Tensor:
    """LPIPS' distance with all weights 1, from each picture to the one before it: (B, 3, H, W) to (B)."""
    x = network.maxpool(network.relu(network.bn1(network.conv1(pictures))))
    found = []
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        x = stage(x)
        unit = nn.functional.normalize(x, dim=1, eps=1e-12)
        found.append((unit - unit.roll(1, 0)).square().sum(1).flatten(1).mean(1))
    return torch.stack(found).sum(0)


def write(folder: Path, case: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    network = Case(case).eval()
    randomise(network)
    config = {"architecture": "resnet", "block": case["block"], "layers": case["layers"], "widths": case["widths"],
              "stem": {"kernel": 7, "stride": 2, "maxpool": True}, "input_size": 32,
              "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "heads": case["heads"]}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights = dict(network.state_dict())
    for key, layer in network.layers.items():
        weights |= {f"{key}.{name}": value.float() for name, value in layer.state_dict().items()}
    save_file({name: value.contiguous() for name, value in weights.items()}, folder / "model.safetensors")

    for key, layer in network.layers.items():  # what the file holds, not what it was rounded from
        layer.load_state_dict({name: weights[f"{key}.{name}"].double() for name in ("weight", "bias")})
    network.double()
    images = torch.rand(3, 3, case["size"], case["size"], dtype=torch.float64) * 2 - 1
    small = resize((images + 1) / 2, [32, 32], antialias=True)
    mean, std = (torch.tensor(config[key], dtype=torch.float64).view(1, 3, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        features = network((small - mean) / std)
        outputs, scores, used = [], [], {}
        answers = {key: layer(features) for key, layer in network.layers.items()}
        for head in case["heads"]:
            key = head.get("key", "fc")
            first = used.get(key, 0)
            used[key] = first + head["outputs"]
            outputs.append(answers[key][:, first : used[key]])
            scores.append(score(head, outputs[-1]))
        apart = distances(network, (small - mean) / std)
    golden = {"images": images, "outputs": torch.cat(outputs, 1), "scores": torch.stack(scores, 1), "distances": apart}
    save_file(golden, folder / "golden.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=Path, default=root / "native/test/golden/classifiers")
    options = parser.parse_args()
    for number, (name, case) in enumerate(CASES.items()):
        torch.manual_seed(number)
        write(options.out / name, case)


if __name__ == "__main__":
    main()
