"""The parts of published latent pipelines, as their config.json files have them."""

from dataclasses import dataclass, field

LDM_UNET = dict(
    sample_size=64,
    in_channels=3,
    out_channels=3,
    layers_per_block=2,
    block_out_channels=(224, 448, 672, 896),
    down_block_types=("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
    up_block_types=("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    attention_head_dim=32,
)
VQ = dict(
    block_out_channels=(128, 256, 512),
    down_block_types=("DownEncoderBlock2D",) * 3,
    up_block_types=("UpDecoderBlock2D",) * 3,
    layers_per_block=2,
    latent_channels=3,
    num_vq_embeddings=8192,
    sample_size=256,
)
KL = dict(
    block_out_channels=(128, 256, 512, 512),
    down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4,
    layers_per_block=2,
    latent_channels=4,
    sample_size=512,
)
CROSS = "CrossAttnDownBlock2D"
STABLE = dict(
    sample_size=64,
    block_out_channels=(320, 640, 1280, 1280),
    layers_per_block=2,
    down_block_types=(CROSS, CROSS, CROSS, "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    attention_head_dim=8,
    cross_attention_dim=768,
)
CLIP_L = dict(
    hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, projection_dim=768, hidden_act="quick_gelu"
)
OPEN_CLIP_H = dict(
    hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16, projection_dim=512, hidden_act="gelu"
)
OPEN_CLIP_G = dict(
    hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20, projection_dim=1280, hidden_act="gelu"
)


@dataclass(frozen=True)
class Pipeline:
    repository: str
    pipeline_class: str
    parameters: int  # of the U-Net
    unet: dict
    autoencoder: dict
    text_encoders: list = field(default_factory=list)
    pooled: int = 0  # width of SDXL's pooled text


PIPELINES = {
    "ldm": Pipeline("CompVis/ldm-celebahq-256", "LDMPipeline", 274_056_163, LDM_UNET, VQ),
    "sd1": Pipeline("runwayml/stable-diffusion-v1-5", "StableDiffusionPipeline", 859_520_964, STABLE, KL, [CLIP_L]),
    "sd2": Pipeline(
        "stabilityai/stable-diffusion-2-1",
        "StableDiffusionPipeline",
        865_910_724,
        STABLE
        | dict(sample_size=96, attention_head_dim=[5, 10, 20, 20], cross_attention_dim=1024, use_linear_projection=True),
        KL | dict(sample_size=768),
        [OPEN_CLIP_H],
    ),
    "sdxl": Pipeline(
        "stabilityai/stable-diffusion-xl-base-1.0",
        "StableDiffusionXLPipeline",
        2_567_463_684,
        dict(
            sample_size=128,
            block_out_channels=(320, 640, 1280),
            layers_per_block=2,
            down_block_types=("DownBlock2D", CROSS, CROSS),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            attention_head_dim=[5, 10, 20],
            cross_attention_dim=2048,
            use_linear_projection=True,
            transformer_layers_per_block=[1, 2, 10],
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816,
        ),
        KL | dict(sample_size=1024, scaling_factor=0.13025),
        [CLIP_L, OPEN_CLIP_G],
        pooled=1280,
    ),
}
