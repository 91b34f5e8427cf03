"""What diffusers' scheduler classes mean where a scheduler_config.json is silent, by these classes themselves.

Run with the versions of requirements.txt:  python tools/golden/make_scheduler_classes.py
Writes src/test/resources/golden/scheduler_classes.json: for each class its configuration as save_pretrained writes it (with "-Infinity"
where Python does), alpha-bar at a few training timesteps, spacing, clip_sample, and whether its last step ends at the image.
"""

import inspect
import json
from pathlib import Path

import diffusers

NAMES = """DDIMInverseScheduler DDIMParallelScheduler DDIMScheduler DDPMParallelScheduler DDPMScheduler DEISMultistepScheduler
DPMSolverMultistepScheduler DPMSolverSinglestepScheduler EulerAncestralDiscreteScheduler EulerDiscreteScheduler HeunDiscreteScheduler
KDPM2AncestralDiscreteScheduler KDPM2DiscreteScheduler LCMScheduler LMSDiscreteScheduler PNDMScheduler SASolverScheduler TCDScheduler
UniPCMultistepScheduler""".split()
PROBES = [0, 1, 250, 500, 999]


def describe(name):
    kind = getattr(diffusers, name)
    scheduler = kind()
    # Those without the setting end at sigma 0, the image.
    settings = inspect.signature(kind.__init__).parameters
    return {
        "written": scheduler.to_json_string(),
        "alpha_bar": {str(t): scheduler.alphas_cumprod[t].item() for t in PROBES},
        "timestep_spacing": scheduler.config.get("timestep_spacing", "linspace"),
        "clip_sample": scheduler.config.get("clip_sample", False),
        "set_alpha_to_one": settings["set_alpha_to_one"].default if "set_alpha_to_one" in settings else True,
    }


def main():
    root = Path(__file__).resolve().parents[2]
    target = root / "src/test/resources/golden/scheduler_classes.json"
    target.write_text(json.dumps({name: describe(name) for name in NAMES}, indent=1) + "\n")
    print(f"wrote {target.relative_to(root)}: {len(NAMES)} classes")


if __name__ == "__main__":
    main()
