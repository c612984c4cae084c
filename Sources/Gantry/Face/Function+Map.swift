// Maps over synchronous sequences. The calls only describe; nothing is read before the first result is asked for.

import GantryWire

extension Function {
  /// Maps the function over a sequence.
  ///
  /// Costs nothing until the first result is asked for. Arrays and ranges are encoded in the caller's turn; any other
  /// sequence gets a thread of its own, so that one that blocks never holds back a finished result. In the code of an
  /// actor it is read on that actor, because its closures belong there, and blocks it for an element at a time.
  ///
  /// - Parameters:
  ///   - inputs: Finite or not; read lazily, never beyond the call's window.
  ///   - orderOutputs: true for the inputs' order, false for that of completion.
  ///   - maxOutstandingInputs: The most inputs taken whose outputs the caller was not handed, 1 or more; nil for a few
  ///     milliseconds of work a container and at most 64 MiB.
  ///   - isolation: The caller's actor: a sequence that may block is read there, because its closures belong there.
  /// - Returns: The results, which begin the call when they are iterated.
  @inlinable
  public func map<S: Sequence>(
    _ inputs: sending S, orderOutputs: Bool = true, maxOutstandingInputs: Int? = nil,
    isolation: isolated (any Actor)? = #isolation
  ) -> MapResults<Output> where S.Element == Input {
    results(of: makeFiller(inputs, core.inputs, isolation), orderOutputs, maxOutstandingInputs)
  }

  /// Maps the function over several sequences, one for each argument; the shortest ends it.
  ///
  /// - Parameters:
  ///   - first: The first argument of each call.
  ///   - second: The second argument of each call.
  ///   - more: The other arguments.
  ///   - orderOutputs: true for the inputs' order, false for that of completion.
  ///   - maxOutstandingInputs: The most inputs taken whose outputs the caller was not handed, 1 or more.
  ///   - isolation: The caller's actor: a sequence that may block is read there, because its closures belong there.
  /// - Returns: The results, which begin the call when they are iterated.
  @inlinable
  public func map<A: Sequence, B: Sequence, each S: Sequence>(
    _ first: sending A, _ second: sending B, _ more: repeat sending each S, orderOutputs: Bool = true,
    maxOutstandingInputs: Int? = nil, isolation: isolated (any Actor)? = #isolation
  ) -> MapResults<Output> where Input == (A.Element, B.Element, repeat (each S).Element) {
    results(
      of: makeFiller(zipping: first, second, repeat each more, coding: core.inputs, isolation: isolation),
      orderOutputs, maxOutstandingInputs)
  }

  /// Maps the function over a sequence of tuples, each of which is unpacked into the arguments.
  ///
  /// - Parameters:
  ///   - inputs: Tuples of arguments; labels do not convert (`.lazy.map { ($0, $1) }` takes them off).
  ///   - orderOutputs: true for the inputs' order, false for that of completion.
  ///   - maxOutstandingInputs: The most inputs taken whose outputs the caller was not handed, 1 or more.
  ///   - isolation: The caller's actor: a sequence that may block is read there, because its closures belong there.
  /// - Returns: The results, which begin the call when they are iterated.
  @inlinable
  public func starmap<S: Sequence>(
    _ inputs: sending S, orderOutputs: Bool = true, maxOutstandingInputs: Int? = nil,
    isolation: isolated (any Actor)? = #isolation
  ) -> MapResults<Output> where S.Element == Input {
    results(of: makeFiller(inputs, core.inputs, isolation), orderOutputs, maxOutstandingInputs)
  }

  /// Runs the function for each input and waits; outputs are dropped as they arrive.
  ///
  /// - Parameters:
  ///   - inputs: Finite; read lazily.
  ///   - ignoreExceptions: Whether failures are ignored rather than thrown.
  ///   - isolation: The caller's actor: a sequence that may block is read there, because its closures belong there.
  /// - Throws: The first failure to complete, after which the rest is cancelled.
  @inlinable
  public func forEach<S: Sequence>(
    _ inputs: sending S, ignoreExceptions: Bool = false, isolation: isolated (any Actor)? = #isolation
  ) async throws where S.Element == Input {
    try await run(makeFiller(inputs, core.inputs, isolation), ignoreExceptions)
  }

  /// Runs the function for each group of arguments and waits; outputs are dropped as they arrive.
  ///
  /// - Parameters:
  ///   - first: The first argument of each call.
  ///   - second: The second argument of each call.
  ///   - more: The other arguments.
  ///   - ignoreExceptions: Whether failures are ignored rather than thrown.
  ///   - isolation: The caller's actor: a sequence that may block is read there, because its closures belong there.
  /// - Throws: The first failure to complete, after which the rest is cancelled.
  @inlinable
  public func forEach<A: Sequence, B: Sequence, each S: Sequence>(
    _ first: sending A, _ second: sending B, _ more: repeat sending each S, ignoreExceptions: Bool = false,
    isolation: isolated (any Actor)? = #isolation
  ) async throws where Input == (A.Element, B.Element, repeat (each S).Element) {
    try await run(
      makeFiller(zipping: first, second, repeat each more, coding: core.inputs, isolation: isolation),
      ignoreExceptions)
  }

  /// Runs the function once, in a container, before what maps of it have waiting.
  ///
  /// Some microseconds while a container is awake, a wake of it otherwise.
  ///
  /// - Parameter arguments: The arguments of the one call.
  /// - Returns: Its output.
  /// - Throws: `InputError`, `GantryError`, or `CancellationError`.
  @inlinable
  public func remote<each A>(_ arguments: repeat each A) async throws -> Output
  where Input == (repeat each A) {
    try await single(singleFiller((repeat each arguments), core.inputs))
  }

  /// Runs the function's body in this process, without a container.
  ///
  /// - Parameter arguments: The arguments of the one call.
  /// - Returns: Its output.
  /// - Throws: What the body throws.
  @inlinable
  public func local<each A>(_ arguments: repeat each A) async throws -> Output
  where Input == (repeat each A) {
    try await core.local((repeat each arguments))
  }

  @usableFromInline
  func results(
    of filler: ChunkFiller, _ orderOutputs: Bool, _ maxOutstandingInputs: Int?
  ) -> MapResults<Output> {
    MapResults(CallStream(core.request(filler, ordered: orderOutputs, ceiling: maxOutstandingInputs)))
  }

  @usableFromInline
  func run(_ filler: ChunkFiller, _ ignoreExceptions: Bool) async throws {
    let keeping: SinkKeeping = ignoreExceptions ? .nothing : .failures
    let results = MapResults(CallStream(core.request(filler, ordered: false, ceiling: nil, keeping: keeping)))
    _ = try await results.collect()
  }

  @usableFromInline
  func single(_ filler: ChunkFiller) async throws -> Output {
    let stream = CallStream(core.request(filler, ordered: true, ceiling: nil, isSingle: true))
    do {
      guard let output = try await stream.collect().first else {
        throw GantryError(.noOutput, "The call of \"\(core.name)\" ended without its output.")
      }
      return output
    } catch {
      stream.abandon()
      throw error
    }
  }
}
