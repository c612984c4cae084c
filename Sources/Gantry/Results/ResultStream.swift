// A source of consecutive elements that a MapResults iterates: a call's outputs, or a view of another stream.

/// What every result stream can do.
///
/// Used by one iterator; `@unchecked Sendable` because that iterator is not Sendable, and only `abandon`,
/// which takes the driver's lock, is called from elsewhere.
@usableFromInline
class ResultStream<Element: Sendable>: @unchecked Sendable {
  /// The next elements, at least one or a failure; nil at the end.
  @usableFromInline
  func nextRun() async throws -> Run<Element>? { fatalError("A result stream must say what comes next.") }

  /// The same, blocking the calling thread.
  func nextRunBlocking() throws -> Run<Element>? { fatalError("A result stream must say what comes next.") }

  /// All elements, in one array.
  @usableFromInline
  func collect() async throws -> [Element] {
    var all: [Element] = []
    while let run = try await nextRun() { try append(run, to: &all) }
    return all
  }

  /// The same, blocking the calling thread.
  func collectBlocking() throws -> [Element] {
    var all: [Element] = []
    while let run = try nextRunBlocking() { try append(run, to: &all) }
    return all
  }

  private func append(_ run: Run<Element>, to all: inout [Element]) throws {
    if all.isEmpty { all = run.elements } else { all.append(contentsOf: run.elements) }
    guard let failure = run.failure else { return }
    abandon()
    throw failure
  }

  /// Has runs carry what is known of each input; before the first of them.
  func noteFacts() { fatalError("A result stream must say what is known of its inputs.") }

  /// Cancels what is outstanding.
  @usableFromInline
  func abandon() { fatalError("A result stream must say how it is abandoned.") }
}

/// A stream whose runs are another's, transformed.
final class MappedStream<Base: Sendable, Element: Sendable>: ResultStream<Element>, @unchecked Sendable {
  private let base: ResultStream<Base>
  private let transform: @Sendable (Run<Base>) -> Run<Element>

  init(_ base: ResultStream<Base>, _ transform: @escaping @Sendable (Run<Base>) -> Run<Element>) {
    self.base = base
    self.transform = transform
  }

  override func nextRun() async throws -> Run<Element>? { try await base.nextRun().map(transform) }
  override func nextRunBlocking() throws -> Run<Element>? { try base.nextRunBlocking().map(transform) }
  override func noteFacts() { base.noteFacts() }
  override func abandon() { base.abandon() }
}
