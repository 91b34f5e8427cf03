"""What the paper's users run, in plain PyTorch and diffusers: readable, eager, float32, one image at a time.

It shares no code with the engine. It exists to be compared with: same model, same seeds, same T and η (tools/reference/parity,
tools/bench). Equations are those of Haas et al., "Discovering Interpretable Directions in the Semantic Latent Space of
Diffusion Models", FG 2024.
"""
