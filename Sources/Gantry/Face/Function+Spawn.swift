// Calls that are not awaited: their work goes on while a FunctionCall stands for it.

extension Function {
  /// Starts mapping the function over a sequence and returns at once.
  ///
  /// - Parameters:
  ///   - inputs: Finite; read lazily, within a window of inputs in flight.
  ///   - isolation: The caller's actor: a sequence that may block is read there, because its closures belong there.
  /// - Returns: What stands for the call. Its outputs are kept, in memory, while a copy of it lives; dropping it cancels
  ///   nothing.
  /// - Throws: `GantryError` where the call cannot begin. A failed input is not thrown here.
  @inlinable
  @discardableResult
  public func spawnMap<S: Sequence>(
    _ inputs: sending S, isolation: isolated (any Actor)? = #isolation
  ) async throws -> FunctionCall<Output> where S.Element == Input {
    try await spawned(makeFiller(inputs, core.inputs, isolation))
  }

  /// Starts mapping the function over several sequences, one for each argument, and returns at once.
  ///
  /// - Parameters:
  ///   - first: The first argument of each call.
  ///   - second: The second argument of each call.
  ///   - more: The other arguments.
  ///   - isolation: The caller's actor: a sequence that may block is read there, because its closures belong there.
  /// - Returns: What stands for the call.
  /// - Throws: `GantryError` where the call cannot begin.
  @inlinable
  @discardableResult
  public func spawnMap<A: Sequence, B: Sequence, each S: Sequence>(
    _ first: sending A, _ second: sending B, _ more: repeat sending each S,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> FunctionCall<Output> where Input == (A.Element, B.Element, repeat (each S).Element) {
    try await spawned(
      makeFiller(zipping: first, second, repeat each more, coding: core.inputs, isolation: isolation))
  }

  /// Starts mapping the function over an asynchronous sequence and returns at once.
  ///
  /// - Parameters:
  ///   - inputs: Finite; read lazily, within a window of inputs in flight.
  ///   - isolation: The caller's actor, where the sequence is read.
  /// - Returns: What stands for the call.
  /// - Throws: `GantryError` where the call cannot begin.
  @inlinable
  @discardableResult
  public func spawnMap<S: AsyncSequence>(
    _ inputs: sending S, isolation: isolated (any Actor)? = #isolation
  ) async throws -> FunctionCall<Output> where S.Element == Input {
    try await spawned(makeFiller(inputs, core.inputs, isolation))
  }

  /// Starts mapping the function over several asynchronous sequences and returns at once.
  ///
  /// - Parameters:
  ///   - first: The first argument of each call.
  ///   - second: The second argument of each call.
  ///   - more: The other arguments.
  ///   - isolation: The caller's actor, where the sequences are read.
  /// - Returns: What stands for the call.
  /// - Throws: `GantryError` where the call cannot begin.
  @inlinable
  @discardableResult
  public func spawnMap<A: AsyncSequence, B: AsyncSequence, each S: AsyncSequence>(
    _ first: sending A, _ second: sending B, _ more: repeat sending each S,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> FunctionCall<Output> where Input == (A.Element, B.Element, repeat (each S).Element) {
    try await spawned(
      makeFiller(zipping: first, second, repeat each more, coding: core.inputs, isolation: isolation))
  }

  /// Starts the function once, in a container, before what maps of it have waiting, and returns at once.
  ///
  /// - Parameter arguments: The arguments of the one call.
  /// - Returns: What stands for the call; `get()` gives its output.
  /// - Throws: `GantryError` where the call cannot begin.
  @inlinable
  public func spawn<each A>(_ arguments: repeat each A) async throws -> FunctionCall<Output>
  where Input == (repeat each A) {
    try await spawned(singleFiller((repeat each arguments), core.inputs), isSingle: true)
  }

  @usableFromInline
  func spawned(_ filler: ChunkFiller, isSingle: Bool = false) async throws -> FunctionCall<Output> {
    let request = core.request(filler, ordered: true, ceiling: nil, isSingle: isSingle)
    await standStillAsBystander { request.isRefused }
    return FunctionCall(try SpawnedCall(request))
  }
}
