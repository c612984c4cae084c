// Maps over asynchronous sequences. As with the others, nothing is read before the first result is asked for.

extension Function {
  /// Maps the function over an asynchronous sequence.
  ///
  /// A task of its own reads it, on the caller's actor where it has one, as far ahead as the call's window allows; a slow
  /// sequence never holds back a finished result. What the sequence throws is rethrown as it is, after the outputs of
  /// all inputs before it. Cancelling the call cancels that task.
  ///
  /// - Parameters:
  ///   - inputs: Finite or not; the results of another map may be the inputs of this one.
  ///   - orderOutputs: true for the inputs' order, false for that of completion.
  ///   - maxOutstandingInputs: The most inputs taken whose outputs the caller was not handed, 1 or more; nil for a few
  ///     milliseconds of work a container and at most 64 MiB.
  ///   - isolation: The caller's actor, where the sequence is read.
  /// - Returns: The results, which begin the call when they are iterated.
  @inlinable
  public func map<S: AsyncSequence>(
    _ inputs: sending S, orderOutputs: Bool = true, maxOutstandingInputs: Int? = nil,
    isolation: isolated (any Actor)? = #isolation
  ) -> MapResults<Output> where S.Element == Input {
    results(of: makeFiller(inputs, core.inputs, isolation), orderOutputs, maxOutstandingInputs)
  }

  /// Maps the function over several asynchronous sequences, one for each argument; the shortest ends it.
  ///
  /// - Parameters:
  ///   - first: The first argument of each call.
  ///   - second: The second argument of each call.
  ///   - more: The other arguments.
  ///   - orderOutputs: true for the inputs' order, false for that of completion.
  ///   - maxOutstandingInputs: The most inputs taken whose outputs the caller was not handed, 1 or more.
  ///   - isolation: The caller's actor, where the sequences are read.
  /// - Returns: The results, which begin the call when they are iterated.
  @inlinable
  public func map<A: AsyncSequence, B: AsyncSequence, each S: AsyncSequence>(
    _ first: sending A, _ second: sending B, _ more: repeat sending each S, orderOutputs: Bool = true,
    maxOutstandingInputs: Int? = nil, isolation: isolated (any Actor)? = #isolation
  ) -> MapResults<Output> where Input == (A.Element, B.Element, repeat (each S).Element) {
    results(
      of: makeFiller(zipping: first, second, repeat each more, coding: core.inputs, isolation: isolation),
      orderOutputs, maxOutstandingInputs)
  }

  /// Maps the function over an asynchronous sequence of tuples, each of which is unpacked into the arguments.
  ///
  /// - Parameters:
  ///   - inputs: Tuples of arguments.
  ///   - orderOutputs: true for the inputs' order, false for that of completion.
  ///   - maxOutstandingInputs: The most inputs taken whose outputs the caller was not handed, 1 or more.
  ///   - isolation: The caller's actor, where the sequence is read.
  /// - Returns: The results, which begin the call when they are iterated.
  @inlinable
  public func starmap<S: AsyncSequence>(
    _ inputs: sending S, orderOutputs: Bool = true, maxOutstandingInputs: Int? = nil,
    isolation: isolated (any Actor)? = #isolation
  ) -> MapResults<Output> where S.Element == Input {
    results(of: makeFiller(inputs, core.inputs, isolation), orderOutputs, maxOutstandingInputs)
  }

  /// Runs the function for each input of an asynchronous sequence and waits; outputs are dropped as they arrive.
  ///
  /// - Parameters:
  ///   - inputs: Finite; read lazily.
  ///   - ignoreExceptions: Whether failures are ignored rather than thrown.
  ///   - isolation: The caller's actor, where the sequence is read.
  /// - Throws: The first failure to complete, after which the rest is cancelled; what the sequence throws.
  @inlinable
  public func forEach<S: AsyncSequence>(
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
  ///   - isolation: The caller's actor, where the sequences are read.
  /// - Throws: The first failure to complete, after which the rest is cancelled; what a sequence throws.
  @inlinable
  public func forEach<A: AsyncSequence, B: AsyncSequence, each S: AsyncSequence>(
    _ first: sending A, _ second: sending B, _ more: repeat sending each S, ignoreExceptions: Bool = false,
    isolation: isolated (any Actor)? = #isolation
  ) async throws where Input == (A.Element, B.Element, repeat (each S).Element) {
    try await run(
      makeFiller(zipping: first, second, repeat each more, coding: core.inputs, isolation: isolation),
      ignoreExceptions)
  }
}
