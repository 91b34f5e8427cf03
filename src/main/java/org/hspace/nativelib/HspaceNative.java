package org.hspace.nativelib;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.annotation.ByRef;
import org.bytedeco.javacpp.annotation.ByVal;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.Index;
import org.bytedeco.javacpp.annotation.MemberGetter;
import org.bytedeco.javacpp.annotation.MemberSetter;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.annotation.StdString;
import org.bytedeco.javacpp.annotation.Virtual;
import org.bytedeco.pytorch.BoolVector;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.DoubleVector;
import org.bytedeco.pytorch.DoubleVectorOptional;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringOptional;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The C++ API of {@code native/include/hspace}, one to one; see there for shapes and errors.
 * JavaCPP generates the JNI code from these annotations. Nothing here checks anything: the classes
 * of this and the next package do, and are what to use.
 *
 * <p>{@link NativeLibrary#load()} comes before the first use of any of it.
 */
@Properties(
    value =
        @Platform(
            compiler = "cpp17",
            include = {
              "hspace/error.h",
              "hspace/safetensors.h",
              "hspace/runtime.h",
              "hspace/model_directory.h",
              "hspace/process.h",
              "hspace/bottleneck.h",
              "hspace/conditioning.h",
              "hspace/unet.h",
              "hspace/guided_unet.h",
              "hspace/linearized.h",
              "hspace/progress.h",
              "hspace/svd.h",
              "hspace/jacobian.h",
              "hspace/classifier.h",
              "hspace/scheduler_config.h",
              "hspace/noise_schedule.h",
              "hspace/autoencoder.h",
              "hspace/text_encoder.h",
              "hspace/model.h",
              "hspace/provenance.h",
              "hspace/trajectory.h",
              "hspace/sampler.h",
              "hspace/inversion.h",
              "hspace/denoising_error.h",
              "hspace/direction.h",
              "hspace/direction_set.h",
              "hspace/edit.h"
            },
            link = {"hspace@.0", "torch_cpu", "c10"},
            library = "jnihspace"))
@Namespace("hspace")
public final class HspaceNative {
  /** {@code hspace::InjectionPoint}, in the order of its enumerators. */
  public static final int AFTER = 0;

  public static final int BEFORE = 1;
  public static final int MIDDLE = 2;

  private HspaceNative() {}

  /** {@code hspace::RuntimeOptions}. */
  static final class RuntimeOptions extends Pointer {
    RuntimeOptions() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    @MemberSetter
    native RuntimeOptions threads(int threads);

    @MemberSetter
    @Name("openblas_threads")
    native RuntimeOptions openBlasThreads(int threads);
  }

  @Name("configure_runtime")
  static native void configureRuntime(@Const @ByRef RuntimeOptions options);

  /** Threads of one operator. */
  @Name("threads")
  static native int threads();

  @Name("openblas_threads")
  static native int openBlasThreads();

  /** Ends the process at once. */
  @Name("leave")
  static native void leave(int code);

  /** Counts a call that is in flight. */
  @Name("begin_call")
  @NoException
  static native void beginCall();

  @Name("end_call")
  @NoException
  static native void endCall();

  /** Removes the temporary files of all writers that have not finished. */
  @Name("remove_temporary_files")
  static native void removeTemporaryFiles();

  /** Has exit() leave at once when calls are in flight. */
  @Name("protect_calls_at_exit")
  static native void protectCallsAtExit();

  /** {@code hspace::SafetensorsFile}. */
  static final class SafetensorsFile extends Pointer {
    SafetensorsFile(String path) {
      super((Pointer) null);
      allocate(Utf8.bytes(path));
    }

    private native void allocate(@StdString BytePointer path);

    native @ByVal StringVector names();

    native @Cast("bool") boolean contains(@StdString BytePointer name);

    native @ByVal Tensor tensor(@StdString BytePointer name);

    @Name("dtype_name")
    native @StdString BytePointer dtypeName(@StdString BytePointer name);

    native @Const @ByRef LongVector shape(@StdString BytePointer name);

    @Name("metadata_keys")
    native @ByVal StringVector metadataKeys();

    native @StdString BytePointer metadata(@StdString BytePointer key);
  }

  /** {@code hspace::SafetensorsWriter}. */
  static final class SafetensorsWriter extends Pointer {
    SafetensorsWriter(String path) {
      super((Pointer) null);
      allocate(Utf8.bytes(path));
    }

    private native void allocate(@StdString BytePointer path);

    native void declare(
        @StdString BytePointer name, ScalarType dtype, @Const @ByRef LongVector shape);

    native void metadata(@StdString BytePointer key, @StdString BytePointer value);

    native void write(
        @StdString BytePointer name, @Const @ByRef Tensor rows, @Cast("int64_t") long row);

    native void finish();
  }

  /** {@code hspace::Bottleneck}, what an encoder pass leaves for decoder passes. */
  public static final class Bottleneck extends Pointer {
    private Bottleneck() {
      super((Pointer) null);
    }

    /** The recorded activation h_t, before any Δh (B, c, h, w); shares its memory. */
    @MemberGetter
    public native @ByVal Tensor h();
  }

  /** {@code hspace::ModelDirectory}: where the parts of a model lie. */
  public static final class ModelDirectory extends Pointer {
    private ModelDirectory() {
      super((Pointer) null);
    }

    /** Finds them. */
    public static native @ByVal ModelDirectory find(@StdString BytePointer path);

    /** The directory that holds both. */
    @MemberGetter
    public native @StdString BytePointer root();

    /** The directory of the U-Net. */
    @MemberGetter
    public native @StdString BytePointer unet();

    /** The {@code scheduler_config.json}. */
    @MemberGetter
    public native @StdString BytePointer scheduler();

    /** The directory of the autoencoder; empty without one. */
    @MemberGetter
    public native @StdString BytePointer autoencoder();

    /** The directories of the text encoders. */
    @MemberGetter
    @Name("text_encoders")
    public native @ByRef StringVector textEncoders();

    /** The directories of their tokenizers. */
    @MemberGetter
    public native @ByRef StringVector tokenizers();

    /** The pipeline's class; empty where nothing says it. */
    @MemberGetter
    @Name("pipeline_class")
    public native @StdString BytePointer pipelineClass();

    /** Whether a missing negative prompt is all zeros. */
    @MemberGetter
    @Name("zeros_for_empty_prompt")
    public native @Cast("bool") boolean zerosForEmptyPrompt();
  }

  /** {@code std::vector<std::vector<int64_t>>}: tokens for each text encoder. */
  @Namespace("")
  @Name("std::vector<std::vector<int64_t> >")
  public static final class TokenLists extends Pointer {
    private TokenLists() {
      super((Pointer) null);
    }

    /** Appends a list. */
    @Name("push_back")
    public native void add(@Const @ByRef LongVector tokens);
  }

  /** {@code hspace::Prompt}. */
  public static final class Prompt extends Pointer {
    /** Of nothing yet. */
    public Prompt() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** As somebody wrote it. */
    @MemberSetter
    public native Prompt text(@StdString BytePointer text);

    /** Its tokens, to be added to. */
    @MemberGetter
    public native @ByRef TokenLists tokens();
  }

  /** {@code hspace::Conditioning}. */
  public static final class Conditioning extends Pointer {
    /** On nothing. */
    public Conditioning() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** What is asked for. */
    @MemberSetter
    public native Conditioning prompt(@ByRef Prompt prompt);

    /** What guidance leads away from. */
    @MemberSetter
    public native Conditioning negative(@ByRef Prompt prompt);

    /** w. */
    @MemberSetter
    public native Conditioning guidance(double guidance);

    /** Of class-conditional models. */
    @MemberSetter
    @Name("class_label")
    public native Conditioning classLabel(@Cast("int64_t") long label);
  }

  /** {@code hspace::Autoencoder}. */
  public static final class Autoencoder extends Pointer {
    private Autoencoder() {
      super((Pointer) null);
    }

    /** How many numbers it has. */
    public native @Cast("int64_t") long parameters();
  }

  /** {@code hspace::TextEncoder}. */
  public static final class TextEncoder extends Pointer {
    private TextEncoder() {
      super((Pointer) null);
    }

    /** How many numbers it has. */
    public native @Cast("int64_t") long parameters();
  }

  /** {@code std::vector<hspace::TextEncoder>}. */
  @Namespace("")
  @Name("std::vector<hspace::TextEncoder>")
  public static final class TextEncoderVector extends Pointer {
    private TextEncoderVector() {
      super((Pointer) null);
    }

    /** How many. */
    public native @Cast("size_t") long size();

    /** One of them. */
    @Index(function = "at")
    public native @Const @ByRef TextEncoder get(@Cast("size_t") long i);
  }

  /** {@code hspace::GuidedUNet}: a denoiser under a condition. */
  public static final class GuidedUNet extends Pointer {
    private GuidedUNet() {
      super((Pointer) null);
    }

    /** Whether each sample is two rows of the network. */
    public native @Cast("bool") boolean guided();
  }

  /** {@code hspace::Clipping}: what is done to predictions. */
  public static final class Clipping extends Pointer {
    private Clipping() {
      super((Pointer) null);
    }

    /** Of a clamp. */
    @MemberGetter
    public native @ByRef DoubleOptional range();

    /** Of dynamic thresholding. */
    @MemberGetter
    public native @ByRef DoubleOptional ratio();

    /** Of dynamic thresholding. */
    @MemberGetter
    public native @ByRef DoubleOptional maximum();

    /** Whether ε follows where η = 1. */
    @MemberGetter
    public native @Cast("bool") boolean posterior();
  }

  /** A clipping, or none. */
  @Namespace("")
  @Name("std::optional<hspace::Clipping>")
  public static final class ClippingOptional extends Pointer {
    private ClippingOptional() {
      super((Pointer) null);
    }

    /** Whether there is one. */
    @Name("has_value")
    public native @Cast("bool") boolean hasValue();

    /** It. */
    public native @ByRef Clipping value();
  }

  /** {@code hspace::SchedulerConfig}. */
  public static final class SchedulerConfig extends Pointer {
    private SchedulerConfig() {
      super((Pointer) null);
    }

    /** Reads a {@code scheduler_config.json}. */
    public static native @ByVal SchedulerConfig load(@StdString BytePointer path);

    /** Training timesteps N. */
    @MemberGetter
    @Name("num_train_timesteps")
    public native @Cast("int64_t") long numTrainTimesteps();

    /** linear, scaled_linear, squaredcos_cap_v2, sigmoid or exp. */
    @MemberGetter
    @Name("beta_schedule")
    public native @StdString BytePointer betaSchedule();

    /** First β. */
    @MemberGetter
    @Name("beta_start")
    public native double betaStart();

    /** Last β. */
    @MemberGetter
    @Name("beta_end")
    public native double betaEnd();

    /** All N β, or none. */
    @MemberGetter
    @Name("trained_betas")
    public native @ByRef DoubleVectorOptional trainedBetas();

    /** Whether the final ᾱ is 1. */
    @MemberGetter
    @Name("set_alpha_to_one")
    public native @Cast("bool") boolean setAlphaToOne();

    /** Of the spacing leading. */
    @MemberGetter
    @Name("steps_offset")
    public native @Cast("int64_t") long stepsOffset();

    /** leading, trailing or linspace. */
    @MemberGetter
    @Name("timestep_spacing")
    public native @StdString BytePointer timestepSpacing();

    /** epsilon, v_prediction or sample. */
    @MemberGetter
    @Name("prediction_type")
    public native @StdString BytePointer predictionType();

    /** Whether the last ᾱ is made 0. */
    @MemberGetter
    @Name("rescale_betas_zero_snr")
    public native @Cast("bool") boolean rescaleBetasZeroSnr();

    /** What is asked for, if anything. */
    @MemberGetter
    public native @ByRef ClippingOptional clipping();

    /** Where it is another than that of η = 1. */
    @MemberGetter
    @Name("variance_type")
    public native @ByRef StringOptional varianceType();

    /** The schedule as one text. */
    @Name("canonical_json")
    public native @StdString BytePointer canonicalJson();

    /** sha256 of that text. */
    public native @StdString BytePointer hash();

    /** What sampling does not do, one sentence each. */
    @Name("not_applied")
    public native @ByVal StringVector notApplied(@Cast("bool") boolean clipped);
  }

  /** {@code hspace::Window}. */
  public static final class Window extends Pointer {
    private Window() {
      super((Pointer) null);
    }

    /** Checks both ends. */
    public static native @ByVal Window of(double from, double to);

    /** Reads {@code FROM-TO}. */
    public static native @ByVal Window parse(@StdString BytePointer text);

    /** Start. */
    @MemberGetter
    public native double from();

    /** End. */
    @MemberGetter
    public native double to();

    /** Whether step i of T lies inside. */
    public native @Cast("bool") boolean contains(
        @Cast("int64_t") long step, @Cast("int64_t") long steps);

    /** {@code FROM-TO}. */
    public native @StdString BytePointer text();
  }

  /** {@code hspace::Lattice}. */
  public static final class Lattice extends Pointer {
    private Lattice() {
      super((Pointer) null);
    }

    /** (T). */
    @MemberGetter
    public native @ByRef LongVector timesteps();

    /** (T). */
    @MemberGetter
    @Name("alpha_bar")
    public native @ByRef DoubleVector alphaBar();

    /** (T). */
    @MemberGetter
    @Name("alpha_bar_previous")
    public native @ByRef DoubleVector alphaBarPrevious();

    /** σ of step i. */
    public native double sigma(@Cast("int64_t") long step, double eta);

    /** Whether any σ is above 0. */
    @Name("adds_noise")
    public native @Cast("bool") boolean addsNoise(@Const @ByRef DoubleVector eta);
  }

  /** {@code hspace::NoiseSchedule}. */
  public static final class NoiseSchedule extends Pointer {
    /** Computes all ᾱ. */
    public NoiseSchedule(SchedulerConfig config) {
      super((Pointer) null);
      allocate(config);
    }

    private native void allocate(@Const @ByRef SchedulerConfig config);

    /** N. */
    @Name("train_timesteps")
    public native @Cast("int64_t") long trainTimesteps();

    /** ᾱ_t. */
    @Name("alpha_bar")
    public native double alphaBar(@Cast("int64_t") long timestep);

    /** 1 or ᾱ_0. */
    @Name("final_alpha_bar")
    public native double finalAlphaBar();

    /** ε, v or x_0, in the order of the enumerators. */
    @Name("prediction_type")
    public native @Cast("int") int predictionType();

    /** Of T steps. */
    public native @ByVal Lattice lattice(@Cast("int64_t") long steps);

    /** Of these timesteps. */
    public native @ByVal Lattice lattice(@Const @ByRef LongVector timesteps);
  }

  /** {@code hspace::EtaSchedule}. */
  public static final class EtaSchedule extends Pointer {
    private EtaSchedule() {
      super((Pointer) null);
    }

    /** The same at every step. */
    public static native @ByVal EtaSchedule constant(double eta);

    /** Inside a window. */
    public static native @ByVal EtaSchedule within(double eta, @Const @ByRef Window window);

    /** One value a step. */
    public static native @ByVal EtaSchedule list(@ByVal DoubleVector values);

    /** Reads the text form. */
    public static native @ByVal EtaSchedule parse(@StdString BytePointer text);

    /** η at each of T steps. */
    public native @ByVal DoubleVector values(@Cast("int64_t") long steps);

    /** What {@link #parse} reads. */
    public native @StdString BytePointer text();
  }

  /** {@code hspace::ModelOptions}. */
  public static final class ModelOptions extends Pointer {
    /** float32 on the processor. */
    public ModelOptions() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Precision. */
    @MemberSetter
    public native ModelOptions dtype(ScalarType dtype);

    /** Where it runs. */
    @MemberSetter
    public native ModelOptions device(@ByVal Device device);

    /** Of the weight files. */
    @MemberSetter
    public native ModelOptions variant(@StdString BytePointer variant);
  }

  /** {@code std::array<int64_t, 3>}. */
  @Namespace("")
  @Name("std::array<int64_t,3>")
  public static final class Shape extends Pointer {
    private Shape() {
      super((Pointer) null);
    }

    /** An extent. */
    public native @Cast("int64_t") long at(@Cast("size_t") long i);
  }

  /** {@code hspace::Model}. */
  public static final class Model extends Pointer {
    private Model() {
      super((Pointer) null);
    }

    /** Loads one. */
    public static native @ByVal Model open(
        @StdString BytePointer directory, @Const @ByRef ModelOptions options);

    /** The denoiser, which keeps its weights alive. */
    public native @ByVal UNet unet();

    /** Of the noise schedule. */
    public native @ByVal SchedulerConfig scheduler();

    /** Where its parts lie. */
    public native @ByVal ModelDirectory parts();

    /** {C, H, W}. */
    @Name("sample_shape")
    public native @ByVal Shape sampleShape();

    /** Between pictures and latents; null where samples are pictures. */
    public native @Const Autoencoder autoencoder();

    /** In the pipeline's order. */
    @Name("text_encoders")
    public native @Const @ByRef TextEncoderVector textEncoders();

    /** Of one picture {C, H, W}. */
    @Name("picture_shape")
    public native @ByVal Shape pictureShape();

    /** Samples (B, C, H, W) to pictures. */
    public native @ByVal Tensor pictures(@Const @ByRef Tensor samples, @Cast("int64_t") long tile);

    /** And back. */
    public native @ByVal Tensor samples(@Const @ByRef Tensor pictures, @Cast("int64_t") long tile);

    /** The denoiser under a condition. */
    public native @ByVal GuidedUNet conditioned(@Const @ByRef Conditioning conditioning);

    /** {c, h, w}. */
    @Name("bottleneck_shape")
    public native @ByVal Shape bottleneckShape(@Cast("hspace::InjectionPoint") int point);

    /** Whether the network outputs a variance too. */
    @Name("learned_variance")
    public native @Cast("bool") boolean learnedVariance();

    /** One sentence each. */
    public native @Const @ByRef StringVector warnings();

    /** sha256 of what decides the function. */
    public native @StdString BytePointer hash();

    /** Whether a hash is its own. */
    @Name("has_hash")
    public native @Cast("bool") boolean hasHash(@StdString BytePointer other);
  }

  /** {@code hspace::Provenance}. */
  public static final class Provenance extends Pointer {
    private Provenance() {
      super((Pointer) null);
    }

    /** Reads the JSON form. */
    public static native @ByVal Provenance parse(
        @StdString BytePointer json, @StdString BytePointer where);

    /** The JSON form. */
    public native @StdString BytePointer json();

    /** Of directions found on such trajectories. */
    @Name("of_directions")
    public native @ByVal Provenance ofDirections(
        @StdString BytePointer kind, @StdString BytePointer facts);

    /** Refuses another model. */
    @Name("check_model")
    public native void checkModel(@Const @ByRef Model model, @StdString BytePointer where);

    /** Refuses another noise schedule. */
    @Name("check_scheduler")
    public native void checkScheduler(@Const @ByRef Model model, @StdString BytePointer where);

    /** Refuses other text encoders. */
    @Name("check_text")
    public native void checkText(@Const @ByRef Model model, @StdString BytePointer where);
  }

  /** {@code hspace::Trajectory}. */
  public static final class Trajectory extends Pointer {
    /** Of tensors that may be undefined ({@code new Tensor()}), but for the first. */
    public Trajectory(
        Tensor xT, Tensor z, Tensor h, Tensor x0, Lattice lattice, Provenance provenance) {
      super((Pointer) null);
      allocate(xT, z, h, x0, lattice, provenance);
    }

    /** Another handle on the same. */
    public Trajectory(Trajectory other) {
      super((Pointer) null);
      allocate(other);
    }

    private native void allocate(@Const @ByRef Trajectory other);

    private native void allocate(
        @Const @ByRef Tensor xT,
        @Const @ByRef Tensor z,
        @Const @ByRef Tensor h,
        @Const @ByRef Tensor x0,
        @Const @ByRef Lattice lattice,
        @Const @ByRef Provenance provenance);

    /** Reads a file. */
    public static native @ByVal Trajectory open(
        @StdString BytePointer path, @Const @ByRef Model model);

    /** Writes one. */
    public native void save(@StdString BytePointer path);

    /** N. */
    public native @Cast("int64_t") long rows();

    /** (N, C, H, W). */
    @Name("x_T")
    public native @ByVal Tensor xT();

    /** (N, T, C, H, W) or undefined. */
    public native @ByVal Tensor z();

    /** (N, T, c, h, w) or undefined. */
    public native @ByVal Tensor h();

    /** (N, C, H, W) or undefined. */
    @Name("x_0")
    public native @ByVal Tensor x0();

    /** Of T steps. */
    public native @ByVal Lattice lattice();

    /** Where it comes from. */
    public native @ByVal Provenance provenance();
  }

  /** {@code hspace::TrajectoryWriter}. */
  public static final class TrajectoryWriter extends Pointer {
    /** Begins a file of N rows. */
    public TrajectoryWriter(BytePointer path, long rows, Provenance provenance) {
      super((Pointer) null);
      allocate(path, rows, provenance);
    }

    private native void allocate(
        @StdString BytePointer path,
        @Cast("int64_t") long rows,
        @Const @ByRef Provenance provenance);

    /** Appends rows. */
    public native void append(@Const @ByRef Trajectory part);

    /** Gives the file its name. */
    public native void finish();
  }

  /** {@code hspace::UNet}. */
  public static final class UNet extends Pointer {
    private UNet() {
      super((Pointer) null);
    }

    /** How many numbers the network has. */
    public native @Cast("int64_t") long parameters();

    /**
     * The encoder.
     *
     * @param x (B, C, H, W)
     * @param t training timesteps, (1) or (B)
     * @param point {@link #AFTER}, {@link #BEFORE} or {@link #MIDDLE}
     */
    public native @ByVal Bottleneck encode(
        @Const @ByRef Tensor x, @Const @ByRef Tensor t, @Cast("hspace::InjectionPoint") int point);

    /**
     * The decoder.
     *
     * @param deltaH undefined ({@code new Tensor()}), (1, c, h, w) or (B, c, h, w)
     * @return ε (B, C, H, W)
     */
    public native @ByVal Tensor decode(
        @Const @ByRef Bottleneck bottleneck, @Const @ByRef Tensor deltaH);

    /**
     * J v by LibTorch's forward mode; slow, exact.
     *
     * @param bottleneck of one row
     * @param v tangents (n, c, h, w)
     * @return (n, C, H, W)
     */
    @Name("autograd_jvp")
    public native @ByVal Tensor autogradJvp(
        @Const @ByRef Bottleneck bottleneck, @Const @ByRef Tensor v);

    /**
     * Jᵀ u by LibTorch's reverse mode; slow, exact.
     *
     * @param bottleneck of one row
     * @param u cotangents (n, C, H, W)
     * @return (n, c, h, w)
     */
    @Name("autograd_vjp")
    public native @ByVal Tensor autogradVjp(
        @Const @ByRef Bottleneck bottleneck, @Const @ByRef Tensor u);
  }

  /**
   * {@code hspace::Progress}, to be heard in Java: a subclass is called back on the computing
   * thread while a call that was given it is in flight.
   */
  public abstract static class Progress extends Pointer {
    /** Makes the C++ object, whose calls come to this one. */
    protected Progress() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** {@code done} of {@code total} units; false cancels. */
    @Virtual(true)
    public native @Cast("bool") boolean update(
        @Cast("int64_t") long done,
        @Cast("int64_t") long total,
        @Cast("const char*") BytePointer unit);

    /** What the user must know, one sentence. */
    @Virtual
    public native void warn(@Const @StdString BytePointer message);
  }

  /** {@code hspace::Injection}, to be written in Java. */
  public abstract static class Injection extends Pointer {
    /** Makes the C++ object, whose calls come to this one. */
    protected Injection() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /**
     * Δh_t for one batch.
     *
     * @param h (B, c, h, w), borrowed for the time of the call
     * @return never null; undefined ({@code new Tensor()}) for none. It has to live until C++ has
     *     copied the handle, after this returns.
     */
    @Virtual(true)
    @Name("delta_h")
    public native @ByVal Tensor deltaH(
        @Cast("int64_t") long step,
        @Cast("int64_t") long timestep,
        @Cast("int64_t") long first,
        @Const @ByRef Tensor h);

    /** Whether Δh goes into P_t only. */
    @Virtual
    @Const({false, false, true})
    public native @Cast("bool") boolean asymmetric();

    /** Which passes of guidance Δh goes into, in the order of the enumerators. */
    @Virtual
    @Const({false, false, true})
    public native @Cast("hspace::InjectInto") int into();
  }

  /** {@code hspace::TrajectorySink}, to be written in Java. */
  public abstract static class TrajectorySink extends Pointer {
    /** Makes the C++ object, whose calls come to this one. */
    protected TrajectorySink() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Takes a part, borrowed for the time of the call. */
    @Virtual(true)
    public native void accept(@Const @ByRef Trajectory part);
  }

  /** {@code hspace::SamplingOptions}. */
  public static final class SamplingOptions extends Pointer {
    /** The defaults. */
    public SamplingOptions() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** T. */
    @MemberSetter
    public native SamplingOptions steps(@Cast("int64_t") long steps);

    /** Noise of each step. */
    @MemberSetter
    public native SamplingOptions eta(@ByRef EtaSchedule eta);

    /** Where h is read. */
    @MemberSetter
    @Name("h_space")
    public native SamplingOptions hSpace(@Cast("hspace::InjectionPoint") int point);

    /** Whether h is kept. */
    @MemberSetter
    @Name("record_h")
    public native SamplingOptions recordH(@Cast("bool") boolean record);

    /** Rows of one network pass. */
    @MemberSetter
    public native SamplingOptions batch(@Cast("int64_t") long rows);

    /** How z comes from a seed. */
    @MemberSetter
    public native SamplingOptions noise(@Cast("hspace::StepNoise") int noise);

    /** Noise as the Python reference. */
    @MemberSetter
    @Name("reference_seeds")
    public native SamplingOptions referenceSeeds(@Cast("bool") boolean reference);

    /** Whether predictions are clipped. */
    @MemberSetter
    public native SamplingOptions clip(@Cast("bool") boolean clip);

    /** Prompt, guidance, class. */
    @MemberSetter
    public native SamplingOptions conditioning(@ByRef Conditioning conditioning);
  }

  /** {@code hspace::Sampler}. */
  public static final class Sampler extends Pointer {
    /** A sampler of a model, which it keeps. */
    public Sampler(Model model) {
      super((Pointer) null);
      allocate(model);
    }

    private native void allocate(@ByVal Model model);

    /** Samples one trajectory a seed. */
    public native @ByVal Trajectory sample(
        @Const @ByRef LongVector seeds,
        @Const @ByRef SamplingOptions options,
        @ByRef Progress progress);

    /** Their starts and noise alone. */
    public native @ByVal Trajectory draw(
        @Const @ByRef LongVector seeds, @Const @ByRef SamplingOptions options);

    /** The same as sample, batch by batch. */
    public native void stream(
        @Const @ByRef LongVector seeds,
        @Const @ByRef SamplingOptions options,
        @ByRef TrajectorySink sink,
        @ByRef Progress progress);

    /** What these trajectories' provenance is. */
    public native @ByVal Provenance provenance(
        @Const @ByRef LongVector seeds, @Const @ByRef SamplingOptions options);

    /**
     * Decodes rows of a trajectory again.
     *
     * @param injection null for none
     */
    public native @ByVal Tensor decode(
        @Const @ByRef Trajectory source,
        @Const @ByRef LongVector rows,
        Injection injection,
        @Cast("hspace::InjectionPoint") int point,
        @Cast("int64_t") long batch,
        @ByRef Progress progress);

    /** x_t at the start of the first {@code count} steps of a row (count, C, H, W). */
    public native @ByVal Tensor states(
        @Const @ByRef Trajectory source, @Cast("int64_t") long row, @Cast("int64_t") long count);
  }

  /** {@code hspace::InversionOptions}. */
  public static final class InversionOptions extends Pointer {
    /** The defaults. */
    public InversionOptions() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** T. */
    @MemberSetter
    public native InversionOptions steps(@Cast("int64_t") long steps);

    /** Noise of each step. */
    @MemberSetter
    public native InversionOptions eta(@ByRef EtaSchedule eta);

    /** Where h is read. */
    @MemberSetter
    @Name("h_space")
    public native InversionOptions hSpace(@Cast("hspace::InjectionPoint") int point);

    /** Whether h is kept. */
    @MemberSetter
    @Name("record_h")
    public native InversionOptions recordH(@Cast("bool") boolean record);

    /** Most iterations of a noiseless step. */
    @MemberSetter
    public native InversionOptions refine(@Cast("int64_t") long iterations);

    /** Of their residual. */
    @MemberSetter
    public native InversionOptions tolerance(double tolerance);

    /** Of the noise of the first image. */
    @MemberSetter
    public native InversionOptions seed(@Cast("int64_t") long seed);

    /** Images of one network pass. */
    @MemberSetter
    public native InversionOptions batch(@Cast("int64_t") long images);

    /** Prompt, guidance, class. */
    @MemberSetter
    public native InversionOptions conditioning(@ByRef Conditioning conditioning);
  }

  /** {@code hspace::ImageSource}. */
  public static final class ImageSource extends Pointer {
    /** Of nothing yet. */
    public ImageSource() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** File name without directories. */
    @MemberSetter
    public native ImageSource name(@StdString BytePointer name);

    /** Of the file's bytes, in hexadecimal. */
    @MemberSetter
    public native ImageSource sha256(@StdString BytePointer sha256);
  }

  /** A list of image sources. */
  @Namespace("")
  @Name("std::vector<hspace::ImageSource>")
  public static final class ImageSources extends Pointer {
    /** An empty one. */
    public ImageSources() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Appends one. */
    @Name("push_back")
    public native void add(@Const @ByRef ImageSource source);
  }

  /** {@code hspace::Inversion}. */
  public static final class Inversion extends Pointer {
    private Inversion() {
      super((Pointer) null);
    }

    /** Of the images, decoded again. */
    @MemberGetter
    public native @Const @ByRef Trajectory trajectory();

    /** Of each decoded image, dB (N). */
    @MemberGetter
    public native @Const @ByRef DoubleVector psnr();

    /** The worst of each image (N). */
    @MemberGetter
    public native @Const @ByRef DoubleVector residual();
  }

  /** Finds the start and the noise from which sampling returns given images. */
  public static native @ByVal Inversion invert(
      @Const @ByRef Model model,
      @Const @ByRef Tensor images,
      @Const @ByRef ImageSources sources,
      @Const @ByRef InversionOptions options,
      @ByRef Progress progress);

  /** What the inverted trajectories' provenance is. */
  @Name("inversion_provenance")
  public static native @ByVal Provenance inversionProvenance(
      @Const @ByRef Model model,
      @Const @ByRef ImageSources sources,
      @Const @ByRef InversionOptions options);

  /** Peak signal-to-noise ratio of each image (N, C, H, W), dB. */
  public static native @ByVal DoubleVector psnr(
      @Const @ByRef Tensor expected, @Const @ByRef Tensor found);

  /** How badly the model takes a little noise off samples (N, C, H, W). */
  @Name("denoising_errors")
  public static native @ByVal DoubleVector denoisingErrors(
      @Const @ByRef Model model,
      @Const @ByRef Tensor samples,
      @Const @ByRef Conditioning conditioning,
      @Cast("int64_t") long seed);

  /** {@code hspace::LinearizedDecoder}. */
  public static final class LinearizedDecoder extends Pointer {
    /**
     * Linearises the decoder at every row of a bottleneck.
     *
     * @param mask undefined ({@code new Tensor()}), (1, 1, H, W) or (B, 1, H, W)
     */
    public LinearizedDecoder(UNet unet, Bottleneck bottleneck, Tensor mask) {
      super((Pointer) null);
      allocate(unet, bottleneck, mask);
    }

    private native void allocate(
        @Const @ByRef UNet unet, @Const @ByRef Bottleneck bottleneck, @Const @ByRef Tensor mask);

    /** J_rows[i] v_i: v (n, c, h, w), rows (n) int64 to (n, C, H, W). */
    public native @ByVal Tensor jvp(@Const @ByRef Tensor v, @Const @ByRef Tensor rows);

    /** J_rows[i]ᵀ u_i: u (n, C, H, W), rows (n) int64 to (n, c, h, w). */
    public native @ByVal Tensor vjp(@Const @ByRef Tensor u, @Const @ByRef Tensor rows);

    /** Bytes recorded. */
    @Name("bytes")
    public native @Cast("int64_t") long bytes();
  }

  /** {@code hspace::SvdSolver}, in the order of its enumerators. */
  public static final int GOLUB_KAHAN = 0;

  public static final int BLOCK_POWER = 1;

  /** {@code hspace::SvdOptions}. */
  public static final class SvdOptions extends Pointer {
    /** The defaults. */
    public SvdOptions() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    @MemberSetter
    public native SvdOptions vectors(@Cast("int64_t") long vectors);

    @MemberSetter
    public native SvdOptions tolerance(double tolerance);

    @MemberSetter
    @Name("max_products")
    public native SvdOptions maxProducts(@Cast("int64_t") long products);

    @MemberSetter
    public native SvdOptions basis(@Cast("int64_t") long vectors);

    @MemberSetter
    public native SvdOptions seed(@Cast("int64_t") long seed);

    /** {@link #GOLUB_KAHAN} or {@link #BLOCK_POWER}. */
    @MemberSetter
    public native SvdOptions solver(@Cast("hspace::SvdSolver") int solver);

    /** Throws, naming the option. */
    public native void check();
  }

  /** {@code hspace::Svd}. */
  public static final class Svd extends Pointer {
    private Svd() {
      super((Pointer) null);
    }

    /** Left singular vectors (k, C, H, W); shares their memory. */
    @MemberGetter
    public native @ByVal Tensor u();

    @MemberGetter
    public native @Const @ByRef DoubleVector s();

    /** Right singular vectors (k, c, h, w); shares their memory. */
    @MemberGetter
    public native @ByVal Tensor v();

    @MemberGetter
    public native @Const @ByRef DoubleVector residuals();

    @MemberGetter
    public native @Const @ByRef BoolVector converged();

    @MemberGetter
    public native double orthogonality();

    @MemberGetter
    public native @Cast("int64_t") long products();
  }

  /** {@code std::vector<hspace::Svd>}. */
  @Namespace("")
  @Name("std::vector<hspace::Svd>")
  public static final class SvdVector extends Pointer {
    private SvdVector() {
      super((Pointer) null);
    }

    public native @Cast("size_t") long size();

    @Index(function = "at")
    public native @ByRef Svd get(@Cast("size_t") long i);
  }

  /** {@code hspace::JacobianOptions}. */
  public static final class JacobianOptions extends Pointer {
    /** The defaults. */
    public JacobianOptions() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    @MemberSetter
    public native JacobianOptions steps(@Const @ByRef LongVector steps);

    @MemberSetter
    public native JacobianOptions mask(@Const @ByRef Tensor mask);

    @MemberSetter
    @Name("keep_outside")
    public native JacobianOptions keepOutside(double lambda);

    @MemberSetter
    public native JacobianOptions svd(@Const @ByRef SvdOptions svd);

    @MemberSetter
    public native JacobianOptions memory(@Cast("int64_t") long bytes);

    @MemberSetter
    @Name("inject_into")
    public native JacobianOptions injectInto(@Cast("hspace::InjectInto") int into);
  }

  /** See {@code native/include/hspace/jacobian.h}. */
  @Name("jacobian_singular_vectors")
  public static native @ByVal SvdVector jacobianSingularVectors(
      @Const @ByRef GuidedUNet unet,
      @Const @ByRef Tensor x,
      @Const @ByRef LongVector timesteps,
      @Cast("hspace::InjectionPoint") int point,
      @Const @ByRef JacobianOptions options,
      @ByRef Progress progress);

  /** {@code hspace::Classifier}. */
  public static final class Classifier extends Pointer {
    /** Loads a classifier directory. */
    public Classifier(String directory, Device device) {
      super((Pointer) null);
      allocate(Utf8.bytes(directory), device);
    }

    private native void allocate(@StdString BytePointer directory, @ByVal Device device);

    /** Names of the heads. */
    public native @Const @ByRef StringVector labels();

    /** Images (B, 3, H, W) in [-1, 1] to scores (B, labels). */
    public native @ByVal Tensor scores(@Const @ByRef Tensor images);

    /** Two of images (B, 3, H, W) in [-1, 1] to how far apart they look (B). */
    public native @ByVal Tensor distances(@Const @ByRef Tensor images, @Const @ByRef Tensor others);
  }

  /** {@code hspace::Direction}. */
  public static final class Direction extends Pointer {
    /** Of Δh at some timesteps. */
    public Direction(String name, Tensor delta, LongVector timesteps, int point) {
      super((Pointer) null);
      allocate(Utf8.bytes(name), delta, timesteps, point);
    }

    private native void allocate(
        @StdString BytePointer name,
        @Const @ByRef Tensor delta,
        @Const @ByRef LongVector timesteps,
        @Cast("hspace::InjectionPoint") int point);

    /** What captions call it. */
    public native @StdString BytePointer name();

    /** Δh (T, c, h, w). */
    public native @ByVal Tensor delta();

    /** (T). */
    public native @Const @ByRef LongVector timesteps();

    /** Its point, in the order of the enumerators. */
    @Name("h_space")
    public native @Cast("int") int hSpace();

    /** sha256 of the values. */
    public native @StdString BytePointer hash();

    /** Interpolated (T', c, h, w). */
    @Name("on_lattice")
    public native @ByVal Tensor onLattice(@Const @ByRef LongVector lattice);
  }

  /** {@code std::vector<hspace::Direction>}. */
  @Namespace("")
  @Name("std::vector<hspace::Direction>")
  public static final class DirectionVector extends Pointer {
    /** Of none. */
    public DirectionVector() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Appends one. */
    @Name("push_back")
    public native void add(@Const @ByRef Direction direction);
  }

  /** a + b. */
  @Name("add")
  public static native @ByVal Direction add(@Const @ByRef Direction a, @Const @ByRef Direction b);

  /** a - b. */
  @Name("subtract")
  public static native @ByVal Direction subtract(
      @Const @ByRef Direction a, @Const @ByRef Direction b);

  /** A weighted sum. */
  @Name("combine")
  public static native @ByVal Direction combine(
      @Const @ByRef DirectionVector directions,
      @Const @ByRef DoubleVector factors,
      @StdString BytePointer name);

  /** factor · a. */
  @Name("scale")
  public static native @ByVal Direction scale(@Const @ByRef Direction a, double factor);

  /** ‖a‖. */
  @Name("norm")
  public static native double norm(@Const @ByRef Direction a);

  /** a at norm 1. */
  @Name("normalize")
  public static native @ByVal Direction normalize(@Const @ByRef Direction a);

  /** a inside a window. */
  @Name("window")
  public static native @ByVal Direction window(
      @Const @ByRef Direction a, @Const @ByRef Window window);

  /** a under another name. */
  @Name("rename")
  public static native @ByVal Direction rename(
      @Const @ByRef Direction a, @StdString BytePointer name);

  /** Cosine of the angle between both. */
  @Name("cosine")
  public static native double cosine(@Const @ByRef Direction a, @Const @ByRef Direction b);

  /** {@code std::map<std::string, at::Tensor>}. */
  @Namespace("")
  @Name("std::map<std::string,at::Tensor>")
  public static final class TensorMap extends Pointer {
    /** Of none. */
    public TensorMap() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** One of them. */
    public native @ByVal Tensor at(@StdString BytePointer name);

    /** Adds one. */
    @Name("insert_or_assign")
    public native void put(@StdString BytePointer name, @Const @ByRef Tensor tensor);
  }

  /** {@code hspace::DirectionSet}. */
  public static final class DirectionSet extends Pointer {
    /** Of K directions. */
    public DirectionSet(
        StringVector names,
        Tensor directions,
        LongVector timesteps,
        Provenance provenance,
        TensorMap figures) {
      super((Pointer) null);
      allocate(names, directions, timesteps, provenance, figures);
    }

    private native void allocate(
        @Const @ByRef StringVector names,
        @Const @ByRef Tensor directions,
        @Const @ByRef LongVector timesteps,
        @Const @ByRef Provenance provenance,
        @Const @ByRef TensorMap figures);

    /** Of one direction. */
    public static native @ByVal DirectionSet of(
        @Const @ByRef Direction direction, @Const @ByRef Provenance provenance);

    /** Several in one. */
    public static native @ByVal DirectionSet merge(
        @Const @ByRef DirectionSetVector sets, @Const @ByRef StringVector names);

    /** Reads a file. */
    public static native @ByVal DirectionSet open(
        @StdString BytePointer path, @Const @ByRef Model model);

    /** Writes one. */
    public native void save(@StdString BytePointer path, @ByVal ScalarTypeOptional type);

    /** (K). */
    public native @Const @ByRef StringVector names();

    /** (K, T, c, h, w). */
    public native @ByVal Tensor directions();

    /** (T). */
    public native @Const @ByRef LongVector timesteps();

    /** Where they come from. */
    public native @ByVal Provenance provenance();

    /** Further tensors of the method. */
    public native @Const @ByRef TensorMap figures();

    /** Their names, sorted. */
    @Name("figure_names")
    public native @ByVal StringVector figureNames();

    /** The strength at which number k shows what it does. */
    @Name("suggested_strength")
    public native @ByVal DoubleOptional suggestedStrength(@Cast("int64_t") long k);

    /** The first few. */
    public native @ByVal DirectionSet first(@Cast("int64_t") long count);

    /** Number k. */
    public native @ByVal Direction get(@Cast("int64_t") long k);

    /** By its name. */
    public native @ByVal Direction get(@StdString BytePointer name);
  }

  /** {@code std::vector<hspace::DirectionSet>}. */
  @Namespace("")
  @Name("std::vector<hspace::DirectionSet>")
  public static final class DirectionSetVector extends Pointer {
    /** Of none. */
    public DirectionSetVector() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Appends one. */
    @Name("push_back")
    public native void add(@Const @ByRef DirectionSet set);
  }

  /** {@code hspace::DirectionSpec}. */
  public static final class DirectionSpec extends Pointer {
    private DirectionSpec() {
      super((Pointer) null);
    }

    /** Reads the text form. */
    public static native @ByVal DirectionSpec parse(@StdString BytePointer text);

    /** The file, if it is one. */
    @MemberGetter
    public native @ByRef StringOptional file();

    /** Number or name. */
    @MemberGetter
    public native @StdString BytePointer which();

    /** γ, if given. */
    @MemberGetter
    public native @ByRef DoubleOptional strength();

    /** Throws when a strength was given. */
    @Name("refuse_strength")
    public native void refuseStrength();

    /** The direction. */
    public native @ByVal Direction resolve(@Const @ByRef Model model);

    /** Where it comes from. */
    public native @ByVal Provenance provenance(@Const @ByRef Model model);

    /** The strength that its file suggests, if it does. */
    @Name("suggested_strength")
    public native @ByVal DoubleOptional suggestedStrength(@Const @ByRef Model model);
  }

  /** A direction by its name, or FILE:WHICH. */
  @Name("find_direction")
  public static native @ByVal Direction findDirection(
      @Const @ByRef Model model, @StdString BytePointer name);

  /** Names of the model's own directions, sorted. */
  @Name("direction_names")
  public static native @ByVal StringVector directionNames(@Const @ByRef Model model);

  /** {@code hspace::Edit}. */
  @Name("Edit")
  public static final class Edit extends Pointer {
    /** Of nothing. */
    public Edit() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Adds a direction. */
    @Name("emplace_back")
    public native void add(
        @Const @ByRef Direction direction, double strength, @Const @ByRef Window window);
  }

  /** {@code std::vector<hspace::Edit>}. */
  @Namespace("")
  @Name("std::vector<hspace::Edit>")
  public static final class EditVector extends Pointer {
    /** Of none. */
    public EditVector() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Appends one. */
    @Name("push_back")
    public native void add(@Const @ByRef Edit edit);
  }

  /** {@code hspace::EditOptions}. */
  public static final class EditOptions extends Pointer {
    /** The defaults. */
    public EditOptions() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Whether Δh goes into P_t only. */
    @MemberSetter
    public native EditOptions asymmetric(@Cast("bool") boolean asymmetric);

    /** Cells of one network pass. */
    @MemberSetter
    public native EditOptions batch(@Cast("int64_t") long cells);

    /** Which passes of guidance Δh goes into. */
    @MemberSetter
    @Name("inject_into")
    public native EditOptions injectInto(@Cast("hspace::InjectInto") int into);

    /** Share of the steps, from the first on, that run unedited. */
    @MemberSetter
    public native EditOptions skip(double share);

    /** Noise is drawn anew inside the region, at η times this. */
    @MemberSetter
    public native EditOptions relax(double factor);

    /** Row i's new noise is that of seed + i. */
    @MemberSetter
    public native EditOptions seed(@Cast("int64_t") long seed);

    /** Whether x_t is kept outside the region. */
    @MemberSetter
    @Name("keep_background")
    public native EditOptions keepBackground(@Cast("bool") boolean keep);

    /** The region (1, 1, H, W). */
    @MemberSetter
    public native EditOptions mask(@Const @ByRef Tensor mask);

    /** Share of the largest change beyond which a region is. */
    @MemberSetter
    public native EditOptions threshold(double share);
  }

  /** {@code hspace::EditWork}. */
  public static final class EditWork extends Pointer {
    /** Nothing yet. */
    public EditWork() {
      super((Pointer) null);
      allocate();
    }

    private native void allocate();

    /** Of the encoder. */
    @MemberGetter
    public native @Cast("int64_t") long passes();

    /** Samples in these. */
    @MemberGetter
    @Name("encoder_rows")
    public native @Cast("int64_t") long encoderRows();

    /** Samples that the decoder took. */
    @MemberGetter
    @Name("decoder_rows")
    public native @Cast("int64_t") long decoderRows();

    /** Steps of cells. */
    @MemberGetter
    @Name("rows_asked")
    public native @Cast("int64_t") long rowsAsked();
  }

  /** Images (N·S, C, H, W). */
  @Name("edit_grid")
  public static native @ByVal Tensor editGrid(
      @Const @ByRef Model model,
      @Const @ByRef Trajectory trajectory,
      @Const @ByRef EditVector columns,
      @Const @ByRef EditOptions options,
      @ByRef Progress progress,
      EditWork work);

  /** Throws where edits are beyond the model's type. */
  @Name("check_strengths")
  public static native void checkStrengths(
      @Const @ByRef Model model, @Const @ByRef EditVector edits);

  /** Images (M, C, H, W). */
  @Name("swap_h")
  public static native @ByVal Tensor swapH(
      @Const @ByRef Model model,
      @Const @ByRef Trajectory trajectory,
      @Const @ByRef LongVector rows,
      @Const @ByRef LongVector donors,
      @Cast("int64_t") long batch,
      @ByRef Progress progress);
}
