// How an asynchronous sequence is read: by a task of the call's feeder, on the caller's actor where it has one.

/// Inputs of an asynchronous sequence.
@inlinable
func makeFiller<S: AsyncSequence>(
  _ sequence: S, _ coding: InputCoding<S.Element>, _ isolation: (any Actor)?
) -> ChunkFiller {
  asynchronousFiller(AsyncIteratorBox(sequence.makeAsyncIterator()), coding, isolation)
}

/// Inputs of several asynchronous sequences, read side by side; the shortest ends it.
@inlinable
func makeFiller<A: AsyncSequence, B: AsyncSequence, each S: AsyncSequence>(
  zipping first: A, _ second: B, _ more: repeat each S,
  coding: InputCoding<(A.Element, B.Element, repeat (each S).Element)>, isolation: (any Actor)?
) -> ChunkFiller {
  asynchronousFiller(
    AsyncZip(
      AsyncIteratorBox(first.makeAsyncIterator()), AsyncIteratorBox(second.makeAsyncIterator()),
      repeat AsyncIteratorBox((each more).makeAsyncIterator())),
    coding, isolation)
}

/// What an asynchronous filler takes its inputs from.
@usableFromInline
protocol AsyncInputs<Element> {
  associatedtype Element

  /// The next input; nil at the end.
  func next(_ isolation: isolated (any Actor)?) async throws -> Element?
}

@inlinable
func asynchronousFiller<I: AsyncInputs>(
  _ inputs: I, _ coding: InputCoding<I.Element>, _ isolation: (any Actor)?
) -> ChunkFiller {
  let reader = AsyncReader(inputs)
  return ChunkFiller(
    width: coding.width, isolation: isolation,
    source: .asynchronous(fetch: { (actor: isolated (any Actor)?) in try await reader.fetch(actor) }),
    append: { open in appendFetched(reader.fetched, coding, to: open) },
    close: { reader.inputs = nil })
}

/// The inputs and the one that was taken last.
///
/// `@unchecked Sendable`: used by one task at a time, the feeder's.
@usableFromInline
final class AsyncReader<I: AsyncInputs>: @unchecked Sendable {
  @usableFromInline var inputs: I?
  @usableFromInline let fetched = Shared<I.Element?>(nil)

  @inlinable
  init(_ inputs: I) { self.inputs = inputs }

  @inlinable
  func fetch(_ isolation: isolated (any Actor)?) async throws -> Bool {
    fetched.value = try await inputs?.next(isolation)
    return fetched.value != nil
  }
}

/// An asynchronous iterator on the heap, where it can be advanced inside a pack.
@usableFromInline
final class AsyncIteratorBox<I: AsyncIteratorProtocol>: AsyncInputs {
  @usableFromInline var iterator: I

  @inlinable
  init(_ iterator: I) { self.iterator = iterator }

  @inlinable
  func next(_ isolation: isolated (any Actor)?) async throws -> I.Element? {
    try await iterator.next(isolation: isolation)
  }

  /// The next element; throws at the end, which is how a pack expansion is left early.
  @inlinable
  func element(_ isolation: isolated (any Actor)?) async throws -> I.Element {
    guard let element = try await next(isolation) else { throw SequenceEnded() }
    return element
  }
}

/// Several asynchronous iterators, one element of each at a time.
@usableFromInline
final class AsyncZip<A: AsyncIteratorProtocol, B: AsyncIteratorProtocol, each I: AsyncIteratorProtocol>:
  AsyncInputs
{
  @usableFromInline typealias Element = (A.Element, B.Element, repeat (each I).Element)

  @usableFromInline let first: AsyncIteratorBox<A>
  @usableFromInline let second: AsyncIteratorBox<B>
  @usableFromInline let more: (repeat AsyncIteratorBox<each I>)

  @inlinable
  init(_ first: AsyncIteratorBox<A>, _ second: AsyncIteratorBox<B>, _ more: repeat AsyncIteratorBox<each I>) {
    self.first = first
    self.second = second
    self.more = (repeat each more)
  }

  @inlinable
  func next(_ isolation: isolated (any Actor)?) async throws -> Element? {
    do {
      return (
        try await first.element(isolation), try await second.element(isolation),
        repeat try await (each more).element(isolation)
      )
    } catch is SequenceEnded {
      return nil
    }
  }
}
