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
import org.bytedeco.pytorch.DoubleVector;
import org.bytedeco.pytorch.LongVector;
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
              "hspace/unet.h",
              "hspace/linearized.h",
              "hspace/progress.h",
              "hspace/svd.h",
              "hspace/jacobian.h",
              "hspace/classifier.h"
            },
            link = {"hspace", "torch_cpu", "c10"},
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

    native @StdString BytePointer temporary();

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
  }

  /** {@code hspace::UNet}. */
  public static final class UNet extends Pointer {
    /** Loads a diffusers {@code unet/} directory. */
    public UNet(String directory, ScalarType dtype, Device device, String variant) {
      super((Pointer) null);
      allocate(Utf8.bytes(directory), dtype, device, Utf8.bytes(variant));
    }

    private native void allocate(
        @StdString BytePointer directory,
        ScalarType dtype,
        @ByVal Device device,
        @StdString BytePointer variant);

    /** What loading remarked, one sentence each. */
    public native @Const @ByRef StringVector warnings();

    /** How many numbers the network has. */
    public native @Cast("int64_t") long parameters();

    /** The files of the weights, sorted. */
    @Name("weight_files")
    public native @ByVal StringVector weightFiles();

    /** sha256 of what decides the function; reads all weights. */
    public native @StdString BytePointer hash();

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
    public native JacobianOptions svd(@Const @ByRef SvdOptions svd);

    @MemberSetter
    public native JacobianOptions memory(@Cast("int64_t") long bytes);
  }

  /** See {@code native/include/hspace/jacobian.h}. */
  @Name("jacobian_singular_vectors")
  public static native @ByVal SvdVector jacobianSingularVectors(
      @Const @ByRef UNet unet,
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
  }
}
