"""The tiny configurations of U-Nets with conditions: UNet2DConditionModel, and UNet2DModel with class labels.

Every case is a published architecture shrunk to a few channels, or options that change the arithmetic. TEXT_TOKENS tokens
of text; `pooled_text_width` is what SDXL's second text encoder would return, which config.json does not say.
"""

from unet_cases import ATTN_DOWN, ATTN_UP, DOWN, SMALL, UP

CROSS_DOWN, CROSS_UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
TEXT_TOKENS = 5

# Cases of UNet2DConditionModel.
TEXT_CASES = {
    # runwayml/stable-diffusion-v1-5: one number of heads at all levels, under the name of their width.
    "sd1": dict(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(4, 8, 8),
        layers_per_block=2,
        down_block_types=(CROSS_DOWN, CROSS_DOWN, DOWN),
        up_block_types=(UP, CROSS_UP, CROSS_UP),
        norm_num_groups=2,
        cross_attention_dim=6,
        attention_head_dim=2,
        flip_sin_to_cos=True,
        freq_shift=0,
    ),
    # stabilityai/stable-diffusion-2-1: heads that grow with the channels, linear projections, upcast attention.
    "sd2": dict(
        sample_size=(4, 8),
        in_channels=3,
        out_channels=3,
        block_out_channels=(4, 8),
        layers_per_block=1,
        down_block_types=(CROSS_DOWN, DOWN),
        up_block_types=(UP, CROSS_UP),
        norm_num_groups=2,
        cross_attention_dim=5,
        attention_head_dim=[2, 4],
        use_linear_projection=True,
        upcast_attention=True,
        dual_cross_attention=False,
        num_class_embeds=None,
        only_cross_attention=False,
    ),
    # stabilityai/stable-diffusion-xl-base-1.0: no attention at the top, several transformer blocks, pooled text and sizes.
    "sdxl": dict(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(4, 6, 8),
        layers_per_block=1,
        down_block_types=(DOWN, CROSS_DOWN, CROSS_DOWN),
        up_block_types=(CROSS_UP, CROSS_UP, UP),
        norm_num_groups=2,
        cross_attention_dim=6,
        attention_head_dim=[1, 2, 4],
        transformer_layers_per_block=[1, 2, 3],
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=4,
        projection_class_embeddings_input_dim=3 + 6 * 4,
    ),
    # What else a text-conditioned network may have: attention to the text alone, class labels, scale and shift by the time.
    "text_options": dict(
        sample_size=4,
        in_channels=2,
        out_channels=4,
        block_out_channels=(4, 6),
        layers_per_block=1,
        down_block_types=(CROSS_DOWN, CROSS_DOWN),
        up_block_types=(CROSS_UP, CROSS_UP),
        norm_num_groups=2,
        norm_eps=1e-4,
        cross_attention_dim=4,
        attention_head_dim=2,
        only_cross_attention=[True, False],
        num_class_embeds=7,
        resnet_time_scale_shift="scale_shift",
        mid_block_scale_factor=2**0.5,
        center_input_sample=True,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        time_embedding_dim=12,
    ),
}

# Cases of UNet2DModel.
CLASS_CASES = {
    "class_table": SMALL | dict(num_class_embeds=5),
    "class_timestep": SMALL | dict(class_embed_type="timestep"),
}

POOLED_TEXT_WIDTH = 3

# Cases whose golden files also hold Jacobian products.
DERIVATIVES = ("sd2",)
