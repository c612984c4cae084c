// How a driver gets its processes: by a fork, by starting a program, or by becoming what another driver wanted.
// Called by Driver.init alone.

import GantryContainers
import GantryLanes

/// One function as a pool is made of it.
typealias PoolFunction = (
  name: String, options: FunctionOptions, runner: ChunkRunner, sandbox: SandboxRules?
)

typealias NamedFunctions = [(name: String, registration: FunctionRegistration)]

/// Starts the processes of a driver, and makes the coordinator that speaks with them.
///
/// Does not return in a process that was started to be the zygote or a container of this very driver.
func startCoordinator(_ functions: NamedFunctions, _ configuration: Configuration) throws -> Coordinator {
  let runners = functions.map { ContainerFunction(name: $0.name, runner: $0.registration.runner) }
  // Another program's source may stand elsewhere: it is told the names and types alone.
  let own = Wanted(DriverSignature(functions, sites: true))
  let general = Wanted(DriverSignature(functions, sites: false))
  let role = Role.pending
  if let role {
    for one in [own, general] where role.wanted == one.text && role.occurrence == one.occurrence {
      role.take(runners, isAlone: ForkBook.endAll)
    }
    role.report(DriverSignature(functions, sites: role.wantsSites).report)
  }
  let way = configuration.start.way
  // Before any process is made: a sandbox that cannot be had ends the start.
  var pooled: [PoolFunction] = []
  for (name, registration) in functions {
    let sandbox = try sandboxRules(of: name, registration.options, isInProcess: way == .inProcess)
    pooled.append((name, registration.options, registration.runner, sandbox))
  }
  func coordinator(_ keeper: consuming Keeper, refusal: GantryError? = nil, runsProgram: Bool = false) throws
    -> Coordinator
  {
    try Coordinator(
      functions: pooled, configuration: configuration,
      keeper: keeper, refusal: refusal, runsProgram: runsProgram)
  }

  if way == .inProcess { return try coordinator(Keeper()) }
  var obstacle: String?
  if isBystander() { return try coordinator(Keeper(), refusal: strangerRefusal) }
  if role != nil || way == .automatic || way == .fork {
    switch try fork(runners) {
    case .done(let keeper): return try coordinator(keeper)
    case .refused(let reason): obstacle = reason
    }
  }
  if role != nil {
    // A program in a role starts no further ones: with every driver there would be more of them.
    return try coordinator(Keeper(), refusal: strangerRefusal)
  }
  switch way {
  case .fork:
    throw GantryError(
      .zygoteStartFailed,
      "A driver that starts by .fork cannot start here: \(obstacle ?? "the process cannot be forked"). Make it, or call "
        + "App.main(), before anything starts a thread, a task, or a dispatch queue; or let it start by .automatic."
    )
  case .executable(let path):
    return try coordinator(execute(path, general, functions), runsProgram: true)
  case .automatic, .reexec, .inProcess:
    return try coordinator(execute(nil, own, functions), runsProgram: true)
  }
}

private enum Fork: ~Copyable {
  case done(Keeper)
  case refused(String)
}

private func fork(_ functions: [ContainerFunction]) throws(GantryError) -> Fork {
  ForkBook.lock.lock()
  defer { ForkBook.lock.unlock() }
  var keeper = Keeper()
  var failure: ProcessError?
  let obstacle = ForkBook.alone {
    do throws(ProcessError) {
      keeper = try Keeper(functions: functions)
    } catch {
      failure = error
    }
  }
  if let failure { throw cannotStart(failure) }
  if let obstacle { return .refused(obstacle) }
  return .done(keeper)
}

private func cannotStart(_ error: ProcessError) -> GantryError {
  GantryError(
    .zygoteStartFailed, "The processes that start containers could not be made: \(error).", underlying: error)
}

private let strangerRefusal = GantryError(
  .zygoteStartFailed,
  "This process was started to run containers of another driver, on the way to which this one was made. Its functions "
    + "run only in the program itself. Make the driver whose containers are wanted before this one is used.")

/// Starts a program and waits until it has made the same driver.
private func execute(
  _ path: String?, _ wanted: Wanted, _ functions: NamedFunctions
) throws(GantryError) -> Keeper {
  let executable = Executable(path: path, wanted: wanted.text, occurrence: wanted.occurrence)
  let patience = functions.map { $0.registration.options.startupTimeout }.max() ?? .seconds(60)
  var outcome = ProgramStart.ready
  let keeper: Keeper
  do {
    keeper = try Keeper(executing: executable, patience: patience.clampedNanoseconds, outcome: &outcome)
  } catch {
    throw cannotStart(error)
  }
  if let fault = fault(of: outcome, path, wanted.signature, patience) {
    throw GantryError(.zygoteStartFailed, fault)
  }
  return keeper
}

/// Why a program did not become the zygote, and what to do.
private func fault(
  of outcome: ProgramStart, _ path: String?, _ signature: DriverSignature, _ patience: Duration
) -> String? {
  let program = path.map { "The program \($0)" } ?? "This program, started again,"
  func explained(_ what: String, _ words: String, _ reports: String) -> String {
    let others = DriverSignature.reports(in: reports)
    let difference = others.isEmpty ? "" : " " + signature.difference(to: others, in: program)
    let spoken = words.split(separator: "\n").suffix(10).joined(separator: "\n")
    let tail = spoken.isEmpty ? "" : " Its last words: \(spoken)"
    return what + difference + tail
  }
  switch outcome {
  case .ready: return nil
  case .notExecuted(let reason): return "\(program) could not be executed: \(reason)."
  case .failed(let reason): return "\(program) could not be started: \(reason)."
  case .ended(let end, let words, let reports):
    return explained("\(program) \(end.words) before it made a driver with these functions.", words, reports)
  case .late(let words, let reports):
    return explained(
      "\(program) made no driver with these functions within the startupTimeout of \(patience).", words,
      reports)
  }
}

extension ContainerEnd {
  fileprivate var words: String {
    switch self {
    case .signal(let number): "was ended by \(signalName(number))"
    case .exit(let code): "ended with code \(code)"
    case .lost: "ended"
    }
  }
}

/// A driver as another process is told of it: its functions, and which of several with the same.
private struct Wanted {
  let signature: DriverSignature
  let text: String
  let occurrence: Int

  private static let lock = Lock()
  // nonisolated(unsafe): guarded by `lock`.
  private nonisolated(unsafe) static var counts: [String: Int] = [:]

  /// Counts one more driver with these functions.
  init(_ signature: DriverSignature) {
    self.signature = signature
    let text = signature.text
    self.text = text
    occurrence = Wanted.lock.locked {
      let count = Wanted.counts[text, default: 0]
      Wanted.counts[text] = count + 1
      return count
    }
  }
}

extension Role {
  /// Whether the driver that is meant is told apart by where its functions are written.
  fileprivate var wantsSites: Bool {
    DriverSignature(wanted[...])?.entries.contains { !$0.site.isEmpty } ?? false
  }
}
