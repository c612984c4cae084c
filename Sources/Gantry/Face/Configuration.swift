// What a driver is told at its start.

public import Logging

/// How a driver starts and what it may use.
public struct Configuration: Sendable {
  /// How the process that forks containers is made.
  public struct Start: Sendable, Equatable {
    enum Way: Equatable {
      case automatic
      case fork
      case reexec
      case executable(String)
      case inProcess
    }
    let way: Way

    /// By fork where this process still has one thread, else by starting this program again.
    public static let automatic = Start(way: .automatic)
    /// By fork, or not at all.
    public static let fork = Start(way: .fork)
    /// By starting this program again, with the same arguments.
    ///
    /// The second process runs `main` up to the driver that has the same functions. What stands before it therefore runs
    /// twice, with standard input and output from and to nowhere; where it has started threads, once more in each
    /// container.
    public static let reexec = Start(way: .reexec)
    /// By starting another program, with this one's arguments, that makes a driver or an `App` with the same
    /// functions.
    ///
    /// - Parameter path: The program's file; where it cannot be started, or has other functions, the driver throws
    ///   `.zygoteStartFailed`.
    /// - Returns: The way to start.
    public static func executable(_ path: String) -> Start { Start(way: .executable(path)) }
    /// No processes: every container is a thread of the driver's own, for debuggers.
    ///
    /// A crash takes the program along, a timeout or cancellation leaves the body running until it ends by itself, and
    /// memory is not limited.
    public static let inProcess = Start(way: .inProcess)
  }

  /// Whether a map shows a progress bar on standard error.
  ///
  /// One line with the function's name, how many inputs are done, the rate, the time left where the number of inputs is
  /// known, failures, and containers. Several maps at once share it: the oldest is shown. Single calls have none.
  public struct Progress: Sendable, Equatable {
    enum Way: Equatable {
      case automatic
      case none
      case always
    }
    let way: Way

    /// Where standard error is a terminal, for maps longer than a second.
    public static let automatic = Progress(way: .automatic)
    /// Never.
    public static let none = Progress(way: .none)
    /// For every map, also where standard error is no terminal: then in plain lines, at most one a second.
    public static let always = Progress(way: .always)
  }

  /// How the process that forks containers is made.
  public var start: Start
  /// Receives what the driver has to say; nil for a logger of its own, labelled `gantry`.
  public var logger: Logger?
  /// Bytes of encoded inputs that may be in flight; nil for what suits the processor's caches.
  public var ringBytes: Int?
  /// Whether a map shows a progress bar.
  public var progress: Progress

  /// Makes a configuration.
  ///
  /// - Parameters:
  ///   - start: How the process that forks containers is made.
  ///   - logger: Receives what the driver has to say; nil for a logger of its own, labelled `gantry`.
  ///   - ringBytes: Bytes of encoded inputs that may be in flight, 65,536 or more; traps otherwise. One larger
  ///     input may always travel.
  ///   - progress: Whether a map shows a progress bar.
  public init(
    start: Start = .automatic, logger: Logger? = nil, ringBytes: Int? = nil, progress: Progress = .automatic
  ) {
    if let ringBytes {
      require(ringBytes >= 65_536, "Configuration.ringBytes is \(ringBytes); it must be 65536 or more.")
    }
    self.start = start
    self.logger = logger
    self.ringBytes = ringBytes
    self.progress = progress
  }
}
