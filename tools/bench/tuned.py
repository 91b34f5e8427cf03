"""The reference's pipeline, tuned as far as PyTorch goes without changing the algorithm: the opponents beside eager batch 1."""

import time

import torch
from reference.pipeline import Pipeline


class TunedPipeline(Pipeline):
    """Channels-last, inference mode, float32 or bfloat16 weights, a chosen batch; x and the arithmetic stay float32."""

    @staticmethod
    def of(pipeline, dtype):
        model = pipeline.model.to(dtype, memory_format=torch.channels_last)
        tuned = TunedPipeline(**(vars(pipeline) | {"model": model}))
        tuned.dtype = dtype
        return tuned

    def with_steps(self, steps):
        other = TunedPipeline(**(vars(super().with_steps(steps))))
        other.__dict__.update(dtype=self.dtype)
        return other

    def predict(self, x, step, delta=None):
        x = x.to(self.dtype, memory_format=torch.channels_last)
        eps, h = super().predict(x, step, None if delta is None else delta.to(self.dtype))
        return eps.float(), h.float()


class SplitNetwork(torch.nn.Module):
    """A UNet2DModel with Δh as an input and h as an output, without hooks: what torch.compile can take whole."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x, t, delta):
        """x (B, C, H, W), t (B), delta (1 or B, c, h, w), added after the mid block → ε (B, C, H, W), h (B, c, h, w)"""
        model = self.model
        if model.config.center_input_sample:
            x = 2 * x - 1
        embedding = model.time_embedding(model.time_proj(t).to(x.dtype))
        x = model.conv_in(x)
        skips = [x]
        for block in model.down_blocks:
            x, more = block(x, embedding)
            skips.extend(more)
        h = model.mid_block(x, embedding)
        x = h + delta
        for block in model.up_blocks:
            used = len(block.resnets)
            x = block(x, tuple(skips[-used:]), embedding)
            del skips[-used:]
        return model.conv_out(model.conv_act(model.conv_norm_out(x))), h


class CompiledPipeline(Pipeline):
    """torch.compile with freezing, one compilation a batch size; batches are padded to `batch`, never recompiled."""

    @staticmethod
    def of(pipeline):
        if pipeline.point != "after" or pipeline.model.config.time_embedding_type != "positional":
            raise ValueError("the compiled opponent knows h after the mid block and positional time embeddings only")
        import torch._inductor.config

        torch._inductor.config.freezing = True
        compiled = CompiledPipeline(**vars(pipeline))
        compiled.network = torch.compile(SplitNetwork(pipeline.model), dynamic=False)
        eps, h = pipeline.predict(torch.zeros(1, *pipeline.sample_shape), 0)
        compiled.zero = torch.zeros_like(h)
        return compiled

    def with_steps(self, steps):
        other = CompiledPipeline(**(vars(super().with_steps(steps))))
        other.__dict__.update(network=self.network, zero=self.zero)
        return other

    def predict(self, x, step, delta=None):
        with torch.no_grad():
            rows = x.shape[0]
            # Contiguous, or other strides would be compiled anew.
            t = self.timesteps[step].repeat(rows)
            delta = (self.zero if delta is None else delta).expand(rows, -1, -1, -1).contiguous()
            return self.network(x.contiguous(), t, delta)


def best_batch(pipeline, candidates=(1, 8, 16, 32)):
    """The batch with the least time an image, and that time in milliseconds."""
    best = (1, float("inf"))
    for batch in candidates:
        x = torch.randn(batch, *pipeline.sample_shape)
        times = []
        with torch.inference_mode():
            for _ in range(4):
                start = time.perf_counter()
                pipeline.predict(x, 0)
                times.append(time.perf_counter() - start)
        best = min(best, (batch, 1000 * min(times[1:]) / batch), key=lambda b: b[1])
    return best
