"""Golden noise schedules: timesteps and alpha-bar of diffusers' DDIMScheduler and of those with other schedules.

Writes src/test/resources/golden/schedules.json: for each scheduler configuration its alpha-bar at a
few training timesteps, the final alpha-bar, and the timesteps of several step counts.
"""

import json
from pathlib import Path

from diffusers import DDIMScheduler, DDPMScheduler, HeunDiscreteScheduler

PROBES = [0, 1, 7, 99, 250, 499, 500, 750, 998, 999]
STEPS = [1, 2, 3, 7, 10, 30, 50, 100, 250]

CONFIGS = {
    "linear_leading": {},
    "linear_trailing": {"timestep_spacing": "trailing"},
    "linear_linspace": {"timestep_spacing": "linspace"},
    "offset": {"steps_offset": 1, "set_alpha_to_one": False},
    "latent": {"beta_schedule": "scaled_linear", "beta_start": 0.0015, "beta_end": 0.0195},
    "cosine": {"beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "trailing"},
    "trained": {"trained_betas": [0.0001 + 0.00002 * i + 0.001 * (i % 3) for i in range(1000)]},
    "zero_snr": {
        "beta_schedule": "scaled_linear",
        "rescale_betas_zero_snr": True,
        "prediction_type": "v_prediction",
        "timestep_spacing": "trailing",
    },
    "not_to_one": {"set_alpha_to_one": False},
}


# Schedules that DDIMScheduler does not know: their alpha-bar alone.
OTHERS = {
    "sigmoid": (DDPMScheduler, {"beta_schedule": "sigmoid"}),
    "exp": (HeunDiscreteScheduler, {"beta_schedule": "exp"}),
}


def alpha_bars(scheduler):
    return {str(t): scheduler.alphas_cumprod[t].item() for t in PROBES}


def describe_other(kind, config):
    return {
        "config": {"_class_name": kind.__name__, **config},
        "alpha_bar": alpha_bars(kind(**config)),
        "final_alpha_bar": 1.0,
        "timesteps": {},
    }


def describe(config):
    scheduler = DDIMScheduler(**config)
    lattices = {}
    for steps in STEPS:
        if steps + config.get("steps_offset", 0) > 1000:
            continue
        scheduler.set_timesteps(steps)
        lattices[str(steps)] = scheduler.timesteps.tolist()
    return {
        "config": {"_class_name": "DDIMScheduler", **config},
        "alpha_bar": alpha_bars(scheduler),
        "final_alpha_bar": float(scheduler.final_alpha_cumprod),
        "timesteps": lattices,
    }


def main():
    root = Path(__file__).resolve().parents[2]
    target = root / "src/test/resources/golden/schedules.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    golden = {name: describe(config) for name, config in CONFIGS.items()}
    golden.update({name: describe_other(*other) for name, other in OTHERS.items()})
    target.write_text(json.dumps(golden) + "\n")
    print(f"wrote {target.relative_to(root)}: {len(golden)} schedules")


if __name__ == "__main__":
    main()
