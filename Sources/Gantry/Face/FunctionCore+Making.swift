// How a function's core is made of its codings and its body, one way for each way to run it.
// Inlined into the initializers and with them into the user's module, where the loops are specialised.

public import GantryContainers
public import GantryWire

extension FunctionCore {
  /// Of a synchronous body: its containers stay single-threaded.
  @inlinable
  convenience init<I: ValueCoding, O: ValueCoding>(
    _ name: String?, _ options: FunctionOptions, _ site: CallSite, _: I.Type, _: O.Type,
    sync body: @escaping @Sendable (Input) throws -> Output
  ) where I.Value == Input, O.Value == Output {
    self.init(
      name, options, site, InputCoding(I.self), OutputCoding(O.self),
      .sync { chunk in runInputs(of: &chunk, I.self, O.self, body) }, body)
  }

  /// Of an asynchronous body.
  @inlinable
  convenience init<I: ValueCoding, O: ValueCoding>(
    _ name: String?, _ options: FunctionOptions, _ site: CallSite, _: I.Type, _: O.Type,
    async body: @escaping @Sendable (Input) async throws -> Output
  ) where I.Value == Input, O.Value == Output {
    self.init(
      name, options, site, InputCoding(I.self), OutputCoding(O.self),
      .async(AsyncRunner(I.self, O.self, body)), body)
  }

  /// Of a state that several inputs may share at a time.
  @inlinable
  convenience init<State: Sendable, I: ValueCoding, O: ValueCoding>(
    _ name: String?, _ options: FunctionOptions, _ site: CallSite, _: I.Type, _: O.Type,
    _ enter: @escaping @Sendable () async throws -> State, _ exit: (@Sendable (State) async -> Void)?,
    _ body: @escaping @Sendable (State, Input) async throws -> Output
  ) where I.Value == Input, O.Value == Output {
    self.init(
      name, options, site, InputCoding(I.self), OutputCoding(O.self),
      .async(AsyncRunner(I.self, O.self, enter: enter, exit: exit, body))
    ) { input in
      try await runAlone(input, enter, exit, body)
    }
  }

  /// Of a state that one input at a time may use.
  @inlinable
  convenience init<State, I: ValueCoding, O: ValueCoding>(
    _ name: String?, _ options: FunctionOptions, _ site: CallSite, _: I.Type, _: O.Type,
    _ enter: @escaping @Sendable () async throws -> State, _ exit: (@Sendable (State) async -> Void)?,
    unshared body: @escaping @Sendable (State, Input) async throws -> Output
  ) where I.Value == Input, O.Value == Output {
    self.init(
      name, options, site, InputCoding(I.self), OutputCoding(O.self),
      .async(AsyncRunner(I.self, O.self, enter: enter, exit: exit, unshared: body))
    ) { input in
      try await runAlone(input, enter, exit, body)
    }
  }
}

/// One call in this process: enters, runs, exits.
@inlinable
func runAlone<State, Input, Output>(
  _ input: Input, _ enter: @Sendable () async throws -> State, _ exit: (@Sendable (State) async -> Void)?,
  _ body: @Sendable (State, Input) async throws -> Output
) async throws -> Output {
  let state = try await enter()
  do {
    let output = try await body(state, input)
    await exit?(state)
    return output
  } catch {
    await exit?(state)
    throw error
  }
}
