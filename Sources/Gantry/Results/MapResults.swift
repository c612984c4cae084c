// The results of a map: an asynchronous sequence, lazy and single-pass, with its views.

/// The outputs of a map, as they arrive.
///
/// Nothing is taken from the inputs before the first `next()`, and nothing beyond the call's window is read ahead. The
/// first failure in delivery order is thrown after the outputs before it, and cancels the rest; `results` gives failures
/// as values instead. Leaving the loop early, dropping the iterator or cancelling the task cancels what is outstanding:
/// inputs not started never start, and a container still busy with one after a second is replaced.
///
/// Single pass: a second iterator traps.
public struct MapResults<Output: Sendable>: AsyncSequence, Sendable {
  /// One output.
  public typealias Element = Output
  /// What may be thrown: `InputError`, `GantryError`, `CancellationError`.
  public typealias Failure = any Error

  @usableFromInline let stream: ResultStream<Output>
  private let pass: SinglePass

  init(_ stream: ResultStream<Output>) {
    self.stream = stream
    pass = SinglePass()
  }

  fileprivate init(_ stream: ResultStream<Output>, _ pass: SinglePass) {
    self.stream = stream
    self.pass = pass
  }

  /// Begins the only pass over the results.
  ///
  /// - Returns: An iterator; dropping it cancels what is outstanding.
  public func makeAsyncIterator() -> AsyncIterator {
    pass.take()
    return AsyncIterator(stream)
  }

  /// Every input's output or failure, as a value; nothing is thrown for a failed input, and nothing cancelled.
  ///
  /// Still thrown: what the input sequence threw, after all that was taken before it; `GantryError`; `CancellationError`.
  public var results: MapResults<Result<Output, InputError>> {
    view { run in
      var elements = run.elements.map { Result<Output, InputError>.success($0) }
      if let failure = run.failure { elements.append(.failure(failure)) }
      return Run(index: run.index, elements: elements, facts: run.facts)
    }
  }

  /// Each output with the index of its input, from 0.
  ///
  /// Composes: `results.indexed` gives failures their index too.
  public var indexed: MapResults<(index: Int, output: Output)> {
    view { run in
      var index = run.index - 1
      let elements = run.elements.map { output in
        index += 1
        return (index: index, output: output)
      }
      return Run(index: run.index, elements: elements, failure: run.failure, facts: run.facts)
    }
  }

  /// Outputs in arrays, as they arrive: the fastest way to iterate.
  ///
  /// No array is empty; how many outputs are in one is a matter of timing. Throws as the map itself does. `batches.indexed`
  /// gives each array with the index of its first output's input.
  public var batches: MapResults<[Output]> {
    view { run in
      Run(index: run.index, elements: run.elements.isEmpty ? [] : [run.elements], failure: run.failure)
    }
  }

  /// What became of every input: its output or failure with its index, attempts, duration, and container.
  ///
  /// As with `results`, nothing is thrown for a failed input, and nothing cancelled. Each input's output is published on
  /// its own, so that its duration is its own: some microseconds more an input.
  public var outcomes: MapResults<Outcome<Output>> {
    stream.noteFacts()
    return view { run in
      var elements: [Outcome<Output>] = []
      elements.reserveCapacity(run.count)
      for (offset, output) in run.elements.enumerated() {
        elements.append(Outcome(run.index + offset, .success(output), run.facts(at: offset)))
      }
      if let failure = run.failure {
        elements.append(Outcome(failure.index, .failure(failure), run.facts(at: run.elements.count)))
      }
      return Run(index: run.index, elements: elements, facts: run.facts)
    }
  }

  /// The same results for code that is not asynchronous: a sequence that blocks its thread.
  public var blocking: BlockingMapResults<Output> {
    @available(
      *, noasync, message: "this blocks its thread; use `for try await` or collect() in asynchronous code"
    )
    get { BlockingMapResults(stream, pass) }
  }

  /// All outputs in one array: the fastest way to all of them.
  ///
  /// Packed outputs are copied once, from shared memory to the array.
  ///
  /// - Returns: The outputs, in the order of delivery.
  /// - Throws: The first failure in delivery order; `CancellationError` in a cancelled task, never a partial array.
  public consuming func collect() async throws -> [Output] {
    pass.take()
    let token = IteratorToken(stream)
    let all = try await stream.collect()
    token.disarm()
    return all
  }

  private func view<Element: Sendable>(
    _ transform: @escaping @Sendable (Run<Output>) -> Run<Element>
  ) -> MapResults<Element> {
    MapResults<Element>(MappedStream(stream, transform), pass)
  }

  /// Iterates a map's results; not Sendable.
  public struct AsyncIterator: AsyncIteratorProtocol {
    @usableFromInline var buffer: [Output] = []
    @usableFromInline var position = 0
    /// Where a cancellation need not be looked for: nowhere in a short buffer, at 63 of 64 positions in a long one.
    @usableFromInline var unheeded = 0
    @usableFromInline var failure: InputError?
    @usableFromInline var isOver = false
    @usableFromInline let token: IteratorToken<Output>

    init(_ stream: ResultStream<Output>) { token = IteratorToken(stream) }

    /// The next output; nil at the end, and ever after.
    ///
    /// Costs a few nanoseconds from the iterator's buffer, a turn of the driver where that is empty.
    ///
    /// - Returns: The next output, or nil.
    /// - Throws: The first failure in delivery order; `CancellationError` in a cancelled task, at the latest 64 outputs
    ///   after it was cancelled.
    @inlinable
    public mutating func next() async throws -> Output? {
      if position < buffer.count, position & unheeded != 0 || !Task.isCancelled {
        let output = buffer[position]
        position &+= 1
        return output
      }
      return try await refill()
    }

    /// The next output, without a change of executor while the buffer lasts.
    ///
    /// - Parameter actor: The caller's isolation.
    /// - Returns: The next output, or nil.
    /// - Throws: The first failure in delivery order; `CancellationError` in a cancelled task, at the latest 64 outputs
    ///   after it was cancelled.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Output? {
      if position < buffer.count, position & unheeded != 0 || !Task.isCancelled {
        let output = buffer[position]
        position &+= 1
        return output
      }
      return try await refill(isolation: actor)
    }

    @usableFromInline
    mutating func refill(isolation actor: isolated (any Actor)? = #isolation) async throws -> Output? {
      while true {
        if isOver { return nil }
        if Task.isCancelled { return try end(CancellationError()) }
        if position < buffer.count {
          defer { position &+= 1 }
          return buffer[position]
        }
        if let failure {
          self.failure = nil
          return try end(failure)
        }
        buffer = []
        position = 0
        do {
          guard let run = try await token.stream.nextRun() else {
            isOver = true
            token.disarm()
            return nil
          }
          buffer = run.elements
          unheeded = buffer.count > 1024 ? 63 : 0
          failure = run.failure
        } catch {
          return try end(error)
        }
      }
    }

    private mutating func end(_ error: any Error) throws -> Output? {
      isOver = true
      buffer = []
      position = 0
      token.abandon()
      throw error
    }
  }
}

/// Cancels what is outstanding when its iterator goes.
@usableFromInline
final class IteratorToken<Element: Sendable> {
  @usableFromInline let stream: ResultStream<Element>
  private var isArmed = true

  init(_ stream: ResultStream<Element>) { self.stream = stream }

  deinit { abandon() }

  func disarm() { isArmed = false }

  func abandon() {
    guard isArmed else { return }
    isArmed = false
    stream.abandon()
  }
}
