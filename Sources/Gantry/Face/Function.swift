// A function that can be mapped over inputs in containers: what it is, and the book of who runs it.
// The initializers, which fix its codings where the user writes it, are in Function+OneArgument.swift and beside it.

public import GantryContainers
import GantryWire
import Synchronization

/// A function that runs in containers.
///
/// Give it to a `Driver`, or hold it in a property of an `App`. A value: copies are the same function.
public struct Function<Input: Sendable, Output: Sendable>: Sendable, RegisteredFunction {
  @usableFromInline let core: FunctionCore<Input, Output>

  @usableFromInline
  init(_ core: FunctionCore<Input, Output>) { self.core = core }

  /// What a driver needs to know of it.
  public var registration: FunctionRegistration { core.registration }

  /// The same function with other options and a container pool of its own.
  ///
  /// It needs no driver of its own, and may be made at any time; its containers end with the last copy of it.
  ///
  /// - Parameter options: How its containers are started, fed, and judged.
  /// - Returns: The function with these options.
  public func with(_ options: FunctionOptions) -> Function { Function(FunctionCore(core, options)) }
}

/// A function of any type, as a driver takes it.
///
/// Only `Function` conforms.
public protocol RegisteredFunction: Sendable {
  /// What a driver needs to know of it.
  var registration: FunctionRegistration { get }
}

/// What a driver needs to know of a function; opaque.
public struct FunctionRegistration: Sendable {
  let name: String?
  let options: FunctionOptions
  /// Where it is written.
  let site: CallSite
  let runner: ChunkRunner
  /// Its types and their sizes, to be compared with those of the same function in another process.
  let types: FunctionTypes
  /// Names the function if it has no name yet and lets it be called; false: another driver runs it.
  let bind: @Sendable (Coordinator, Pool, String) -> Bool
}

/// The one object behind all copies of a function.
@usableFromInline
final class FunctionCore<Input: Sendable, Output: Sendable>: Sendable {
  private struct Binding {
    var name: String?
    weak var coordinator: Coordinator?
    var pool: Pool?
    /// The pool was made for this alone, not given by a driver.
    var isBesideAnother = false
  }

  let options: FunctionOptions
  let site: CallSite
  @usableFromInline let inputs: InputCoding<Input>
  let outputs: OutputCoding<Output>
  let runner: ChunkRunner
  @usableFromInline let local: @Sendable (Input) async throws -> Output
  private let givenName: String?
  /// What this differs from in its options only; it is run by that one's driver, unless it has one of its own.
  private let base: FunctionCore?
  private let lock = Lock()
  // nonisolated(unsafe): guarded by `lock`.
  private nonisolated(unsafe) var binding = Binding()

  @usableFromInline
  init(
    _ name: String?, _ options: FunctionOptions, _ site: CallSite, _ inputs: InputCoding<Input>,
    _ outputs: OutputCoding<Output>,
    _ runner: ChunkRunner, _ local: @escaping @Sendable (Input) async throws -> Output
  ) {
    requireShareable(runner, options, site)
    givenName = name
    self.options = options
    self.site = site
    self.inputs = inputs
    self.outputs = outputs
    self.runner = runner
    self.local = local
    base = nil
  }

  /// The same function with other options.
  init(_ other: FunctionCore, _ options: FunctionOptions) {
    requireShareable(other.runner, options, other.site)
    base = other.base ?? other
    givenName = other.givenName
    self.options = options
    site = other.site
    inputs = other.inputs
    outputs = other.outputs
    runner = other.runner
    local = other.local
  }

  deinit {
    // The pool that was made for these options only.
    guard binding.isBesideAnother, let coordinator = binding.coordinator, let pool = binding.pool else {
      return
    }
    coordinator.dissolve(pool)
  }

  var registration: FunctionRegistration {
    FunctionRegistration(
      name: givenName, options: options, site: site, runner: runner,
      types: FunctionTypes(Input.self, Output.self)
    ) { coordinator, pool, name in
      self.lock.locked {
        if let present = self.binding.coordinator, !present.locked({ present.isShuttingDown }) {
          return false
        }
        self.binding = Binding(name: name, coordinator: coordinator, pool: pool)
        return true
      }
    }
  }

  var name: String { lock.locked { binding.name } ?? givenName ?? base?.name ?? "unnamed" }

  /// The driver and the pool that run it.
  func bound() throws(GantryError) -> (Coordinator, Pool) {
    if isContainer(), !isBystander() {
      throw GantryError(
        .nested,
        "Function \"\(name)\" was called from inside a container. Call it from the driver, or call its body directly with local()."
      )
    }
    let (coordinator, pool, isBesideAnother) = lock.locked {
      (binding.coordinator, binding.pool, binding.isBesideAnother)
    }
    if let coordinator, let pool, !isBesideAnother { return (coordinator, pool) }
    if let base {
      let (coordinator, sibling) = try base.bound()
      return (coordinator, try ownPool(beside: sibling, coordinator))
    }
    if pool != nil { throw GantryError(.shutDown, shutDownMessage) }
    throw GantryError(
      .notStarted,
      "Function \"\(name)\" belongs to no driver. Give it to Driver(...), or hold it in a stored property of your App."
    )
  }

  /// The pool of these options, made with their first call.
  private func ownPool(beside sibling: Pool, _ coordinator: Coordinator) throws(GantryError) -> Pool {
    func present() -> Pool? { binding.coordinator === coordinator ? binding.pool : nil }
    if let pool = lock.locked(present) { return pool }
    // Not under the lock: the driver may run the user's cancellation handlers on the way.
    let pool = try coordinator.addPool(like: sibling, options)
    let first = lock.locked { () -> Pool in
      if let other = present() { return other }
      binding = Binding(
        name: sibling.name, coordinator: coordinator, pool: pool, isBesideAnother: true)
      return pool
    }
    if first !== pool { coordinator.dissolve(pool) }
    return first
  }

  /// A call that begins when its results are asked for.
  func request(
    _ filler: ChunkFiller, ordered: Bool, ceiling: Int?, isSingle: Bool = false, keeping: SinkKeeping = .all
  ) -> CallRequest<Output> {
    if let ceiling {
      require(ceiling >= 1, "maxOutstandingInputs is \(ceiling); it must be 1 or more.")
    }
    let core = self
    return CallRequest(
      bind: { () throws(GantryError) in try core.bound() }, filler: filler,
      sink: TypedSink(outputs, ordered: ordered, keeping: keeping), ceiling: ceiling, isSingle: isSingle,
      functionName: { core.name })
  }
}

/// Several inputs at a time may only share a state that is `Sendable`.
private func requireShareable(_ runner: ChunkRunner, _ options: FunctionOptions, _ site: CallSite) {
  guard let state = runner.unsharedState else { return }
  require(
    options.inputConcurrency == 1,
    "The function at \(site) has inputConcurrency \(options.inputConcurrency), and its state, \(state), is not Sendable: several inputs at a time cannot share it. Make \(state) Sendable, or leave inputConcurrency at 1."
  )
}
