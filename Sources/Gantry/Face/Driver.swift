// A driver: the functions it runs, the processes it started for them, and their end.

import GantryContainers
import GantryLanes

/// Runs functions in containers, for programs that are not an `App`.
///
/// Made early in `main`, while the process has one thread, it forks the processes that start containers: they see its
/// globals as they were then. Made later, it starts this program again, which runs up to the same driver; see
/// `Configuration.Start`. It may be used from any task or thread, by many maps at once.
public final class Driver: Sendable {
  private let coordinator: Coordinator

  /// Starts a driver for some functions.
  ///
  /// Forks two small processes, some hundred microseconds; containers start when they are needed. In a process with
  /// threads it blocks until the program that it starts has got as far as this driver, at most for the longest
  /// `startupTimeout` of the functions.
  ///
  /// - Parameters:
  ///   - functions: What it runs; each with a name of its own.
  ///   - configuration: How it starts and what it may use.
  /// - Throws: `GantryError`: `.invalidFunctions` for a missing or repeated name, `.zygoteStartFailed` where the
  ///   process cannot be forked, or the program that was started makes no such driver, `.sharedMemory`,
  ///   `.sandboxUnavailable`; `.nested` inside a container.
  public convenience init(
    _ functions: any RegisteredFunction..., configuration: Configuration = .init()
  ) throws {
    try self.init(functions.map { ($0.registration.name, $0.registration) }, configuration)
  }

  /// Starts a driver for an array of functions, as the initializer for several does.
  ///
  /// - Parameters:
  ///   - functions: What it runs; each with a name of its own.
  ///   - configuration: How it starts and what it may use.
  /// - Throws: `GantryError`, as the initializer for several functions does.
  public convenience init(_ functions: [any RegisteredFunction], configuration: Configuration = .init())
    throws
  {
    try self.init(functions.map { ($0.registration.name, $0.registration) }, configuration)
  }

  init(_ functions: [(name: String?, registration: FunctionRegistration)], _ configuration: Configuration)
    throws
  {
    if isContainer(), !isBystander() {
      throw GantryError(.nested, "A driver cannot be started inside a container.")
    }
    let named = try nameFunctions(functions)
    coordinator = try startCoordinator(named, configuration)
    for (pool, function) in zip(coordinator.pools, named) {
      guard function.registration.bind(coordinator, pool, function.name) else {
        coordinator.stop()
        throw GantryError(
          .invalidFunctions,
          "Function \"\(function.name)\" is run by another driver; shut that one down first, or make a second Function."
        )
      }
    }
    guard coordinator.refusal == nil else { return }
    do {
      try coordinator.startBackground()
    } catch {
      coordinator.stop()
      throw error
    }
  }

  deinit {
    // Running calls go on until they end; their callers hold the coordinator, not this object.
    let coordinator = coordinator
    if coordinator.isIdle {
      coordinator.stop()
    } else {
      Task.detached { await coordinator.shutdown() }
    }
  }

  /// Lets running calls finish, refuses new ones, and ends all processes of this driver.
  ///
  /// Idempotent. A half-read map whose results nobody has asked for in a second does not hold it up: its iterator gives
  /// what had been delivered and then throws `.shutDown`.
  public func shutdown() async { await coordinator.shutdown() }

  /// What its functions and containers have done so far, and what they are doing.
  ///
  /// A snapshot under the driver's lock, some microseconds.
  public var statistics: Statistics { coordinator.statistics() }
}

private func nameFunctions(
  _ functions: [(name: String?, registration: FunctionRegistration)]
) throws(GantryError) -> [(name: String, registration: FunctionRegistration)] {
  var names: Set<String> = []
  var named: [(name: String, registration: FunctionRegistration)] = []
  for (place, function) in functions.enumerated() {
    guard let name = function.name else {
      throw GantryError(
        .invalidFunctions,
        "Function \(place + 1) of \(functions.count) has no name; write Function(\"name\") { ... } to give it one."
      )
    }
    guard names.insert(name).inserted else {
      throw GantryError(
        .invalidFunctions, "Two functions are named \"\(name)\"; each needs a name of its own.")
    }
    named.append((name, function.registration))
  }
  return named
}
