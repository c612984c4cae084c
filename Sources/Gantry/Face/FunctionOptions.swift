// What a function's pool of containers may do: sizes, limits, retries. Values out of bounds trap where they are written.

import GantryScheduling

/// When and how often a failed input is tried again.
///
/// The n-th retry waits `min(initialDelay * backoffCoefficient^(n-1), maxDelay)`; there are at most `maxRetries`.
public struct Retries: Sendable, Equatable {
  /// Attempts after the first.
  public var maxRetries: Int
  /// The factor from one delay to the next, at least 1.
  public var backoffCoefficient: Double
  /// The delay before the first retry.
  public var initialDelay: Duration
  /// The longest delay.
  public var maxDelay: Duration

  /// Makes a policy; traps for values out of bounds.
  ///
  /// - Parameters:
  ///   - maxRetries: Attempts after the first, 0 or more.
  ///   - backoffCoefficient: The factor from one delay to the next, 1 or more.
  ///   - initialDelay: The delay before the first retry, not negative.
  ///   - maxDelay: The longest delay, not negative.
  public init(
    maxRetries: Int, backoffCoefficient: Double = 2, initialDelay: Duration = .seconds(1),
    maxDelay: Duration = .seconds(60)
  ) {
    require(maxRetries >= 0, "Retries.maxRetries is \(maxRetries); it must be 0 or more.")
    require(
      backoffCoefficient >= 1 && backoffCoefficient.isFinite,
      "Retries.backoffCoefficient is \(backoffCoefficient); it must be 1 or more.")
    require(initialDelay >= .zero, "Retries.initialDelay is \(initialDelay); it must not be negative.")
    require(maxDelay >= .zero, "Retries.maxDelay is \(maxDelay); it must not be negative.")
    self.maxRetries = maxRetries
    self.backoffCoefficient = backoffCoefficient
    self.initialDelay = initialDelay
    self.maxDelay = maxDelay
  }

  var backoff: Backoff {
    Backoff(
      maxRetries: maxRetries, coefficient: backoffCoefficient, initial: initialDelay.clampedNanoseconds,
      most: maxDelay.clampedNanoseconds)
  }

  /// No retries.
  public static let none = Retries(maxRetries: 0)
}

/// How many inputs travel together.
public struct Chunking: Sendable, Equatable {
  /// The most inputs of a chunk before any of a call has been measured.
  public static let defaultSize = 49

  let size: Int?

  /// At most `defaultSize` inputs to begin with, then as many as are half a millisecond of work.
  public static let automatic = Chunking(size: nil)

  /// Always so many inputs, fewer only where the input ends or a container would wait.
  ///
  /// - Parameter count: Inputs in a chunk, 1 or more; traps otherwise.
  /// - Returns: The policy.
  public static func fixed(_ count: Int) -> Chunking {
    require(count >= 1, "Chunking.fixed(\(count)): a chunk has at least 1 input.")
    return Chunking(size: count)
  }
}

/// Whether chunks travel compressed.
public struct Compression: Sendable, Equatable {
  enum Mode: Equatable {
    case automatic
    case lz4(Int)
    case none
  }
  let mode: Mode

  var policy: CompressionMode {
    switch mode {
    case .automatic: .automatic
    case .lz4(let acceleration): .always(acceleration: acceleration)
    case .none: .never
    }
  }

  /// LZ4 where it pays: when shared memory fills, or coding costs little beside the work on a chunk.
  public static let automatic = Compression(mode: .automatic)
  /// LZ4 for every chunk that it makes smaller.
  public static let lz4 = Compression(mode: .lz4(1))
  /// Chunks are stored as they are.
  public static let none = Compression(mode: .none)

  /// LZ4 at a chosen acceleration.
  ///
  /// - Parameter acceleration: 1 (smallest) to 65,537 (fastest); traps otherwise.
  /// - Returns: The policy.
  public static func lz4(acceleration: Int) -> Compression {
    require(
      (1...65_537).contains(acceleration),
      "Compression.lz4(acceleration: \(acceleration)) must lie in 1...65537.")
    return Compression(mode: .lz4(acceleration))
  }
}

/// At most so many starts in any span of time, over all containers of a function.
public struct RateLimit: Sendable, Equatable {
  /// Starts in a span.
  public let count: Int
  /// The span.
  public let per: Duration

  /// Makes a limit; traps for values out of bounds.
  ///
  /// - Parameters:
  ///   - count: Starts in a span, 1 or more.
  ///   - per: The span, longer than zero.
  public init(count: Int, per: Duration) {
    require(count >= 1, "RateLimit.count is \(count); it must be 1 or more.")
    require(per > .zero, "RateLimit.per is \(per); it must be longer than zero.")
    self.count = count
    self.per = per
  }
}

/// How a function's containers are started, fed, and judged.
public struct FunctionOptions: Sendable, Equatable {
  /// Containers kept even when idle; 0 by default.
  public let minContainers: Int
  /// The most containers; nil for the processors this process may use.
  public let maxContainers: Int?
  /// Idle containers kept ready while others work; 0 by default.
  public let bufferContainers: Int
  /// How long an idle container is kept; a minute by default.
  public let scaledownWindow: Duration
  /// The limit of one attempt, from the function's start; nil, the default, for none.
  ///
  /// Waiting for a container does not count. At the limit the container is killed, and the input is tried again as
  /// `retries` has it.
  public let timeout: Duration?
  /// The limit of a container's start, `enter` included; a minute by default.
  public let startupTimeout: Duration
  /// For inputs whose function threw or timed out; none by default, because a thrown error is an answer.
  public let retries: Retries
  /// For inputs that were running when their container died; two by default, the first after 50 ms.
  ///
  /// Inputs that only waited there go to another container, uncounted.
  public let crashRetries: Retries
  /// How many inputs travel together.
  public let chunking: Chunking
  /// Whether chunks travel compressed.
  public let compression: Compression
  /// Inputs that an asynchronous body runs at a time in one container; 1 by default.
  public let inputConcurrency: Int
  /// Inputs after which a container is replaced; nil, the default, for never.
  public let maxInputsPerContainer: Int?
  /// Bytes of private memory of a container; nil, the default, for no limit.
  ///
  /// An allocation beyond it fails, which in Swift ends the container: a crash of the input that ran.
  public let memoryLimit: Int?
  /// A limit on starts over all containers, retries included; nil, the default, for none.
  public let rateLimit: RateLimit?
  /// What its containers are kept from; nil, the default, for nothing.
  ///
  /// Asked for where the kernel cannot do it, the driver does not start.
  public let sandbox: Sandbox?

  /// Makes options; a value out of bounds traps with a sentence that names it.
  ///
  /// - Parameters:
  ///   - minContainers: Containers kept even when idle, 0 or more.
  ///   - maxContainers: The most containers, 1 or more; nil for the processors this process may use.
  ///   - bufferContainers: Idle containers kept ready while others work, 0 or more.
  ///   - scaledownWindow: How long an idle container is kept, not negative.
  ///   - timeout: The limit of one attempt, longer than zero; nil for none.
  ///   - startupTimeout: The limit of a container's start, longer than zero.
  ///   - retries: For inputs whose function threw or timed out.
  ///   - crashRetries: For inputs that were running when their container died.
  ///   - chunking: How many inputs travel together.
  ///   - compression: Whether chunks travel compressed.
  ///   - inputConcurrency: Inputs that an asynchronous body runs at a time in one container, 1 or more.
  ///   - maxInputsPerContainer: Inputs after which a container is replaced, 1 or more; nil for never.
  ///   - memoryLimit: Bytes of private memory of a container, 1 or more; nil for no limit.
  ///   - rateLimit: A limit on starts over all containers.
  ///   - sandbox: What its containers are kept from; nil for nothing.
  public init(
    minContainers: Int = 0, maxContainers: Int? = nil, bufferContainers: Int = 0,
    scaledownWindow: Duration = .seconds(60), timeout: Duration? = nil,
    startupTimeout: Duration = .seconds(60),
    retries: Retries = .none, crashRetries: Retries = .init(maxRetries: 2, initialDelay: .milliseconds(50)),
    chunking: Chunking = .automatic, compression: Compression = .automatic, inputConcurrency: Int = 1,
    maxInputsPerContainer: Int? = nil, memoryLimit: Int? = nil, rateLimit: RateLimit? = nil,
    sandbox: Sandbox? = nil
  ) {
    require(minContainers >= 0, "FunctionOptions.minContainers is \(minContainers); it must be 0 or more.")
    require(
      bufferContainers >= 0, "FunctionOptions.bufferContainers is \(bufferContainers); it must be 0 or more.")
    requirePositive(maxContainers, "maxContainers")
    requirePositive(inputConcurrency, "inputConcurrency")
    requirePositive(maxInputsPerContainer, "maxInputsPerContainer")
    requirePositive(memoryLimit, "memoryLimit")
    if let maxContainers {
      require(
        minContainers <= maxContainers,
        "FunctionOptions.minContainers is \(minContainers), above maxContainers, \(maxContainers).")
    }
    require(
      scaledownWindow >= .zero,
      "FunctionOptions.scaledownWindow is \(scaledownWindow); it must not be negative.")
    if let timeout {
      require(timeout > .zero, "FunctionOptions.timeout is \(timeout); it must be longer than zero.")
    }
    require(
      startupTimeout > .zero,
      "FunctionOptions.startupTimeout is \(startupTimeout); it must be longer than zero.")
    self.minContainers = minContainers
    self.maxContainers = maxContainers
    self.bufferContainers = bufferContainers
    self.scaledownWindow = scaledownWindow
    self.timeout = timeout
    self.startupTimeout = startupTimeout
    self.retries = retries
    self.crashRetries = crashRetries
    self.chunking = chunking
    self.compression = compression
    self.inputConcurrency = inputConcurrency
    self.maxInputsPerContainer = maxInputsPerContainer
    self.memoryLimit = memoryLimit
    self.rateLimit = rateLimit
    self.sandbox = sandbox
  }
}

/// A programmer's error: stops the program with a sentence in debug and release alike.
@usableFromInline
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  // preconditionFailure prints nothing in release builds; fatalError always does.
  if !condition { fatalError(message()) }
}

private func requirePositive(_ value: Int?, _ name: String) {
  if let value { require(value >= 1, "FunctionOptions.\(name) is \(value); it must be 1 or more.") }
}
