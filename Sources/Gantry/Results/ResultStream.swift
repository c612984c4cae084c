// A source of consecutive elements that a MapResults iterates: a call's outputs, or a view of another stream.

import GantryLanes
import GantryScheduling

/// What every result stream can do.
///
/// Used by one iterator; `@unchecked Sendable` because that iterator is not Sendable, and only `abandon`,
/// which takes the driver's lock, is called from elsewhere.
@usableFromInline
class ResultStream<Element: Sendable>: @unchecked Sendable {
  /// The next elements, at least one or a failure; nil at the end.
  @usableFromInline
  func nextRun() async throws -> Run<Element>? { fatalError("A result stream must say what comes next.") }

  /// All elements, in one array.
  @usableFromInline
  func collect() async throws -> [Element] {
    var all: [Element] = []
    while let run = try await nextRun() {
      if all.isEmpty { all = run.elements } else { all.append(contentsOf: run.elements) }
      if let failure = run.failure {
        abandon()
        throw failure
      }
    }
    return all
  }

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
  override func abandon() { base.abandon() }
}

/// The outputs of one call, which begins with the first `nextRun`.
final class CallStream<Output: Sendable>: ResultStream<Output>, @unchecked Sendable {
  private let request: CallRequest<Output>
  private var call: Call?
  private var backlog = Fifo<Run<Output>>()
  private var isOver = false
  /// Outputs given out whose handing-over was not reported yet.
  private var unreported = 0

  init(_ request: CallRequest<Output>) { self.request = request }

  deinit {
    if call == nil, !isOver, !request.isSingle { request.warnUnconsumed() }
  }

  private func started() throws -> Call {
    if let call { return call }
    let call = try request.begin()
    self.call = call
    return call
  }

  override func nextRun() async throws -> Run<Output>? {
    if isOver { return nil }
    do {
      return try await advance()
    } catch {
      isOver = true
      throw error
    }
  }

  private func advance() async throws -> Run<Output>? {
    let call = try started()
    let coordinator = request.coordinator(of: call)
    reportHanded(call, coordinator)
    while true {
      if Task.isCancelled {
        coordinator.cancel(call)
        throw CancellationError()
      }
      if let run = popBacklog(call, coordinator) { return run }
      switch coordinator.turn(for: call, untilEnd: false) {
      case .deliverable:
        let (parcels, isComplete, failure) = coordinator.take(request.sink, of: call)
        for parcel in parcels {
          for run in parcel.decoded(by: request.sink.coding, function: call.pool.name) { backlog.append(run) }
        }
        guard backlog.isEmpty, isComplete else { continue }
        if let failure { throw failure }
        if call.isCancelled { throw CancellationError() }
        isOver = true
        return nil
      case .idle:
        await wait(for: call, coordinator, untilEnd: false)
      case .busy:
        await Task.yield()
      }
    }
  }

  private func wait(for call: Call, _ coordinator: Coordinator, untilEnd: Bool) async {
    await withTaskCancellationHandler {
      await coordinator.wait(for: call, untilEnd: untilEnd)
    } onCancel: {
      coordinator.cancel(call)
    }
  }

  // MARK: The exact ceiling

  /// Takes a run from the backlog: whole, or so little of it that the ceiling stays exact.
  private func popBacklog(_ call: Call, _ coordinator: Coordinator) -> Run<Output>? {
    guard var run = backlog.popFirst() else { return nil }
    guard let ceiling = request.ceiling else { return run }
    let most = max(1, ceiling / 16)
    if run.elements.count > most {
      var rest = run
      rest.elements.removeFirst(most)
      rest.index += most
      backlog.prepend(rest)
      run = Run(index: run.index, elements: Array(run.elements.prefix(most)))
    }
    // The first goes straight to the caller; the others lie in its iterator's buffer until it comes back.
    let count = run.elements.count + (run.failure == nil ? 0 : 1)
    coordinator.hand(1, to: call)
    unreported = count - 1
    return run
  }

  private func reportHanded(_ call: Call, _ coordinator: Coordinator) {
    guard unreported > 0 else { return }
    coordinator.hand(unreported, to: call)
    unreported = 0
  }

  // MARK: Collecting

  /// Packed outputs are copied once, from the ring to the end of the array; others are decoded as they come.
  override func collect() async throws -> [Output] {
    // Outputs that nobody keeps are never taken either: they count as handed over when they arrive, framed or not.
    let isCollectable = request.sink.coding.width != framed || request.sink.keeping != .all
    guard isCollectable, call == nil, !isOver else { return try await super.collect() }
    isOver = true
    let call = try started()
    let coordinator = request.coordinator(of: call)
    coordinator.collectAll(request.sink, of: call)
    while true {
      if Task.isCancelled {
        coordinator.cancel(call)
        throw CancellationError()
      }
      switch coordinator.turn(for: call, untilEnd: true) {
      case .deliverable:
        break
      case .idle:
        await wait(for: call, coordinator, untilEnd: true)
        continue
      case .busy:
        await Task.yield()
        continue
      }
      let (parcels, isComplete, failure) = coordinator.take(request.sink, of: call)
      guard isComplete || !parcels.isEmpty else { continue }
      var runs: [Run<Output>] = []
      for parcel in parcels { runs += parcel.decoded(by: request.sink.coding, function: call.pool.name) }
      if let failed = runs.first(where: { $0.failure != nil })?.failure {
        coordinator.cancel(call)
        throw failed
      }
      if let failure { throw failure }
      if call.isCancelled { throw CancellationError() }
      guard runs.count != 1 else { return runs[0].elements }
      return runs.flatMap { $0.elements }
    }
  }

  override func abandon() {
    guard let call else {
      isOver = true
      return
    }
    request.coordinator(of: call).cancel(call)
  }
}
