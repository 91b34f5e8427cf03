"""The attribute classifier: torchvision's ResNet with basic blocks of reduced width, and the same key names."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

CONFIG = {
    "architecture": "resnet",
    "block": "basic",
    "layers": [2, 2, 2, 2],
    "widths": [16, 32, 64, 128],
    "stem": {"kernel": 7, "stride": 2, "maxpool": True},
    "input_size": 64,
    "mean": [0.5, 0.5, 0.5],
    "std": [0.25, 0.25, 0.25],
    "heads": [
        {"name": "yaw", "type": "linear", "outputs": 1, "scale": 22.0, "offset": 0.0, "unit": "degrees"},
        {"name": "smile", "type": "sigmoid", "outputs": 1},
        {"name": "gender", "type": "sigmoid", "outputs": 1},
        {"name": "age", "type": "sigmoid", "outputs": 1},
        {"name": "glasses", "type": "sigmoid", "outputs": 1},
        {"name": "hat", "type": "sigmoid", "outputs": 1},
    ],
}  # fmt: skip


class SmallResNet(ResNet):
    """ResNet of basic blocks with any four widths: (B, 3, 64, 64), normalised, to raw head outputs (B, 6)."""

    def __init__(self, layers: list[int], widths: list[int], outputs: int):
        super().__init__(BasicBlock, layers, num_classes=outputs)
        self.inplanes = widths[0]
        self.conv1 = nn.Conv2d(3, widths[0], kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        for stage, (width, depth) in enumerate(zip(widths, layers)):
            layer = self._make_layer(BasicBlock, width, depth, stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", layer)
        self.fc = nn.Linear(widths[-1], outputs)


class Classifier:
    """Scores pictures: (B, 3, 64, 64) in [-1, 1] to (B, 6), in the order and units of the config's heads."""

    def __init__(self, network: nn.Module, config: dict = CONFIG):
        self.network, self.config = network, config
        self.names = [head["name"] for head in config["heads"]]
        self.mean = torch.tensor(config["mean"]).view(1, 3, 1, 1)
        self.std = torch.tensor(config["std"]).view(1, 3, 1, 1)

    @staticmethod
    def load(folder: Path) -> "Classifier":
        config = json.loads((folder / "config.json").read_text())
        network = new_network(config)
        network.load_state_dict(load_file(folder / "model.safetensors"))
        return Classifier(network.eval(), config)

    def raw(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.network(((pictures + 1) / 2 - self.mean) / self.std)  # (B, 6)

    @torch.inference_mode()
    def scores(self, pictures: torch.Tensor, logits: bool = False) -> torch.Tensor:
        """With `logits`, the sigmoid heads stay unsquashed, which keeps differences visible at both ends."""
        columns = []
        raw = torch.cat([self.raw(part) for part in pictures.split(128)])
        for value, head in zip(raw.T, self.config["heads"]):
            if head["type"] == "linear":
                columns.append(value * head["scale"] + head["offset"])
            else:
                columns.append(value if logits else torch.sigmoid(value))
        return torch.stack(columns, 1)  # (B, 6)


def new_network(config: dict = CONFIG) -> SmallResNet:
    return SmallResNet(config["layers"], config["widths"], sum(head["outputs"] for head in config["heads"]))
