// What can go wrong, as values with full sentences: one input's failure, the runtime's own trouble.
// A container's end is in ContainerExit.swift.

/// One input failed.
public struct InputError: Error, CustomStringConvertible {
  /// Why an input failed.
  ///
  /// May gain cases: a switch over it wants a default.
  public enum Reason: Sendable {
    /// The function threw.
    case threw(UserCodeError)
    /// The container died while it ran this input.
    case crashed(ContainerExit)
    /// One attempt took longer than the function's timeout.
    case timedOut(after: Duration)
    /// The input or its output could not be encoded or decoded.
    case undeliverable(String)
    /// It was given up because its call was cancelled.
    case cancelled
  }

  /// The function's name.
  public let function: String
  /// The input's place in its sequence, from 0.
  public let index: Int
  /// Starts of this input that ended in its own throw, timeout, or crash.
  public let attempts: Int
  /// Why it failed.
  public let reason: Reason

  init(function: String, index: Int, attempts: Int, reason: Reason) {
    self.function = function
    self.index = index
    self.attempts = attempts
    self.reason = reason
  }

  /// A full sentence with the input's index, the function's name, the attempts, and the cause.
  public var description: String {
    let tries = attempts > 1 ? " after \(attempts) attempts" : ""
    let subject = "Input \(index) of function \"\(function)\""
    switch reason {
    case .threw(let error):
      let threw = "\(subject) threw \(error.typeName)\(tries)"
      return error.message.isEmpty ? "\(threw)." : "\(threw): \(error.message)"
    case .crashed(let exit): return "\(subject) crashed its container\(tries): \(exit)"
    case .timedOut(let limit): return "\(subject) timed out\(tries): it ran longer than \(limit)."
    case .undeliverable(let why): return "\(subject) could not be delivered: \(why)"
    case .cancelled: return "\(subject) was cancelled."
    }
  }
}

/// The runtime itself could not do what was asked.
public struct GantryError: Error, CustomStringConvertible {
  /// What kind of trouble; an open set.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String
    private init(_ name: String) { self.name = name }

    /// The function belongs to no running driver.
    public static let notStarted = Code("notStarted")
    /// The driver was shut down.
    public static let shutDown = Code("shutDown")
    /// The processes that fork containers could not be started.
    public static let zygoteStartFailed = Code("zygoteStartFailed")
    /// Containers of the function die before their first input.
    public static let containerStartFailed = Code("containerStartFailed")
    /// Shared memory could not be had.
    public static let sharedMemory = Code("sharedMemory")
    /// A function was called from inside a container.
    public static let nested = Code("nested")
    /// A function asks for a sandbox that cannot be had here.
    public static let sandboxUnavailable = Code("sandboxUnavailable")
    /// Functions were given to a driver that it cannot take.
    public static let invalidFunctions = Code("invalidFunctions")
    /// A call of one input ended without its output.
    public static let noOutput = Code("noOutput")
    /// One output was asked for of a call that has several.
    public static let severalOutputs = Code("severalOutputs")
    /// What was waited for did not come in time.
    public static let timedOut = Code("timedOut")

    /// The code's name.
    public var description: String { name }
  }

  /// What kind of trouble.
  public let code: Code
  /// A full sentence with the way out.
  public let message: String
  /// What caused it, if something did.
  public let underlying: (any Error)?

  init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.underlying = underlying
  }

  /// The message, and what caused it.
  public var description: String {
    guard let underlying else { return message }
    let cause = "\(underlying)"
    return message.contains(cause) ? message : "\(message) (\(cause))"
  }
}
