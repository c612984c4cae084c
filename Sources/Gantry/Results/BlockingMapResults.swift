// The results of a map for code that is not asynchronous: its thread drives, and blocks where there is nothing to do.

/// A map's results as a sequence that blocks the thread it is iterated on.
///
/// Failures are elements: the first failure in delivery order is the last element. Single pass, lazy, and cancelled when
/// its iterator is dropped, as `MapResults` is. In an actor's code a synchronous sequence of inputs is read on this
/// thread, an element at a time between results; do not block an actor that an asynchronous sequence needs.
public struct BlockingMapResults<Output: Sendable>: Sequence {
  private let stream: ResultStream<Output>
  private let pass: SinglePass

  init(_ stream: ResultStream<Output>, _ pass: SinglePass) {
    self.stream = stream
    self.pass = pass
  }

  /// Begins the only pass over the results.
  ///
  /// - Returns: An iterator; dropping it cancels what is outstanding.
  public func makeIterator() -> Iterator {
    pass.take()
    return Iterator(stream)
  }

  /// All outputs in one array.
  ///
  /// - Returns: The outputs, in the order of delivery.
  /// - Throws: The first failure in delivery order, after which the rest is cancelled; `GantryError`.
  public func collect() throws -> [Output] {
    pass.take()
    let token = IteratorToken(stream)
    let all = try stream.collectBlocking()
    token.disarm()
    return all
  }

  /// Iterates a map's results by blocking its thread.
  public struct Iterator: IteratorProtocol {
    private var buffer: [Output] = []
    private var position = 0
    private var failure: (any Error)?
    private var isOver = false
    private let token: IteratorToken<Output>

    init(_ stream: ResultStream<Output>) { token = IteratorToken(stream) }

    /// The next output, or the failure that ends the sequence; nil after it.
    ///
    /// - Returns: The next element.
    public mutating func next() -> Result<Output, any Error>? {
      while true {
        if position < buffer.count {
          defer { position += 1 }
          return .success(buffer[position])
        }
        if isOver { return nil }
        if let failure { return end(failure) }
        do {
          guard let run = try token.stream.nextRunBlocking() else {
            isOver = true
            token.disarm()
            return nil
          }
          buffer = run.elements
          position = 0
          failure = run.failure
        } catch {
          return end(error)
        }
      }
    }

    private mutating func end(_ error: any Error) -> Result<Output, any Error> {
      isOver = true
      token.abandon()
      return .failure(error)
    }
  }
}
