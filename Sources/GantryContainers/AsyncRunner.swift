// How an asynchronous container enters a function's state, runs inputs with it, and leaves it again.
// Made where the user writes the function, so that its loop is specialised there; used by the container's servers.

public import GantryWire

/// An asynchronous function as its container runs it: entered once, before the container says that it started.
@frozen
public struct AsyncRunner: Sendable {
  /// Makes what the container's inputs share; throws what `enter` threw.
  package let enter: @Sendable () async throws -> ContainerSession
  /// Whether the container, asked to leave, still has something of the user's to run.
  package let hasExit: Bool
  /// Whether entering runs code of the user's.
  package let hasState: Bool
  /// The type of a state that only one input at a time may use.
  package let unsharedState: String?

  @usableFromInline
  init(
    hasExit: Bool, hasState: Bool = true, unsharedState: String? = nil,
    enter: @escaping @Sendable () async throws -> ContainerSession
  ) {
    self.enter = enter
    self.hasExit = hasExit
    self.hasState = hasState
    self.unsharedState = unsharedState
  }

  // The loop is made here and not in `enter`: one closure deep it is specialised for its body.
  @usableFromInline
  init(
    run: @escaping @Sendable (inout OpenChunk) async -> Void,
    runOne:
      @escaping @Sendable (UnsafeRawBufferPointer, inout PayloadEncoder) async throws(InputFailure) -> Void
  ) {
    self.init(hasExit: false, hasState: false) { ContainerSession(run: run, runOne: runOne, exit: {}) }
  }

  /// A function without state.
  @inlinable
  package init<I: ValueCoding, O: ValueCoding>(
    _: I.Type, _: O.Type, _ body: @escaping @Sendable (I.Value) async throws -> O.Value
  ) {
    self.init(
      run: { chunk in await runInputs(of: &chunk, I.self, O.self, body) },
      runOne: { (input, output: inout PayloadEncoder) async throws(InputFailure) in
        try await runInput(input, into: &output, I.self, O.self, body)
      })
  }
}

extension AsyncRunner {
  /// A function with a state that several inputs may share at a time.
  @inlinable
  package init<State: Sendable, I: ValueCoding, O: ValueCoding>(
    _: I.Type, _: O.Type, enter: @escaping @Sendable () async throws -> State,
    exit: (@Sendable (State) async -> Void)?,
    _ body: @escaping @Sendable (State, I.Value) async throws -> O.Value
  ) {
    self.init(hasExit: exit != nil) {
      let state = try await enter()
      return ContainerSession(
        run: { chunk in
          await runInputs(of: &chunk, I.self, O.self) { input in try await body(state, input) }
        },
        runOne: { (input, output: inout PayloadEncoder) async throws(InputFailure) in
          try await runInput(input, into: &output, I.self, O.self) { input in try await body(state, input) }
        }, exit: { await exit?(state) })
    }
  }

  /// A function with a state that one input at a time may use.
  @inlinable
  package init<State, I: ValueCoding, O: ValueCoding>(
    _: I.Type, _: O.Type, enter: @escaping @Sendable () async throws -> State,
    exit: (@Sendable (State) async -> Void)?,
    unshared body: @escaping @Sendable (State, I.Value) async throws -> O.Value
  ) {
    self.init(hasExit: exit != nil, unsharedState: String(describing: State.self)) {
      let state = try await enter()
      return ContainerSession(
        run: { chunk in
          await runInputs(of: &chunk, I.self, O.self) { input in try await body(state, input) }
        },
        runOne: nil, exit: { await exit?(state) })
    }
  }
}

extension AsyncRunner {
  /// The same function, whose code is told from what else runs in its process.
  var marked: AsyncRunner {
    let enter = enter
    return AsyncRunner(hasExit: hasExit, hasState: hasState, unsharedState: unsharedState) {
      () async throws -> ContainerSession in
      let session = try await ContainerCode.$isRunning.withValue(true) { try await enter() }
      return session.marked
    }
  }
}

extension ContainerSession {
  fileprivate var marked: ContainerSession {
    let (run, one, exit) = (run, runOne, exit)
    typealias RunOne =
      @Sendable (UnsafeRawBufferPointer, inout PayloadEncoder) async throws(InputFailure) -> Void
    var markedOne: RunOne?
    if let one {
      markedOne = { (input, output: inout PayloadEncoder) async throws(InputFailure) in
        var failure: InputFailure?
        await ContainerCode.$isRunning.withValue(true) {
          do throws(InputFailure) { try await one(input, &output) } catch { failure = error }
        }
        if let failure { throw failure }
      }
    }
    return ContainerSession(
      run: { (chunk: inout OpenChunk) async in
        await ContainerCode.$isRunning.withValue(true) { await run(&chunk) }
      },
      runOne: markedOne,
      exit: { await ContainerCode.$isRunning.withValue(true) { await exit() } })
  }
}

/// A container's stay in a function's state: what runs its inputs, and what ends it.
///
/// Not `Sendable`, because a state need not be: one task at a time uses it, but for `runOne`.
@frozen
public struct ContainerSession {
  /// Runs the inputs of a chunk, one at a time.
  package let run: (inout OpenChunk) async -> Void
  /// Runs one encoded input, and appends its output as it lies in a record; any number of tasks may at a time.
  ///
  /// The input is the contents of its frame, or a packed value as aligned as in its chunk. After a failure the encoder
  /// may hold a part of an output. Nil where the state is not `Sendable`.
  package let runOne:
    (@Sendable (UnsafeRawBufferPointer, inout PayloadEncoder) async throws(InputFailure) -> Void)?
  /// Runs what the function has for its end; the last that is done with the session.
  package let exit: () async -> Void

  @usableFromInline
  init(
    run: @escaping (inout OpenChunk) async -> Void,
    runOne: (@Sendable (UnsafeRawBufferPointer, inout PayloadEncoder) async throws(InputFailure) -> Void)?,
    exit: @escaping () async -> Void
  ) {
    self.run = run
    self.runOne = runOne
    self.exit = exit
  }
}

/// At which of its three steps an input failed.
@frozen
public enum InputFailure: Error {
  /// Its bytes are no value of the argument's type.
  case undecodable(any Error)
  /// The function threw.
  case threw(any Error)
  /// The output has no encoding.
  case unencodable(String)
}

/// Decodes one input, runs the body, and appends the output.
@inlinable
package func runInput<I: ValueCoding, O: ValueCoding>(
  _ bytes: UnsafeRawBufferPointer, into encoder: inout PayloadEncoder, _: I.Type, _: O.Type,
  _ body: (I.Value) async throws -> O.Value
) async throws(InputFailure) {
  let value: I.Value
  do {
    value = try decodeInput(bytes, I.self)
  } catch {
    throw .undecodable(error)
  }
  let output: O.Value
  do {
    output = try await body(value)
  } catch {
    throw .threw(error)
  }
  O.append(output, to: &encoder)
  if let failure = encoder.takeFailure() { throw .unencodable(failure) }
}

@inlinable
func decodeInput<I: ValueCoding>(_ bytes: UnsafeRawBufferPointer, _: I.Type) throws -> I.Value {
  if I.width != framed {
    guard bytes.count >= MemoryLayout<I.Value>.size else {
      throw PayloadError("The chunk ends in this input.")
    }
    return bytes.load(as: I.Value.self)
  }
  var decoder = PayloadDecoder(bytes)
  return try I.decode(from: &decoder)
}
