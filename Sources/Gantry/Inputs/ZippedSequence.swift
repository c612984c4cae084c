// Several sequences read side by side, one element of each at a time; the shortest ends it.

/// The sequences of a map with several arguments.
@usableFromInline
struct ZippedSequence<A: Sequence, B: Sequence, each S: Sequence>: Sequence {
  @usableFromInline typealias Element = (A.Element, B.Element, repeat (each S).Element)

  @usableFromInline let first: A
  @usableFromInline let second: B
  @usableFromInline let more: (repeat each S)

  @inlinable
  init(_ first: A, _ second: B, _ more: repeat each S) {
    self.first = first
    self.second = second
    self.more = (repeat each more)
  }

  @inlinable
  func makeIterator() -> Iterator {
    Iterator(first.makeIterator(), second.makeIterator(), repeat (each more).makeIterator())
  }

  @usableFromInline
  struct Iterator: IteratorProtocol {
    @usableFromInline var first: A.Iterator
    @usableFromInline var second: B.Iterator
    @usableFromInline let more: (repeat IteratorBox<(each S).Iterator>)
    @usableFromInline var isOver = false

    @inlinable
    init(_ first: A.Iterator, _ second: B.Iterator, _ more: repeat (each S).Iterator) {
      self.first = first
      self.second = second
      self.more = (repeat IteratorBox(each more))
    }

    @inlinable
    mutating func next() -> Element? {
      guard !isOver, let one = first.next(), let two = second.next() else {
        isOver = true
        return nil
      }
      do {
        return (one, two, repeat try (each more).next())
      } catch {
        isOver = true
        return nil
      }
    }
  }
}

/// An iterator that can be advanced inside a pack.
@usableFromInline
final class IteratorBox<I: IteratorProtocol> {
  @usableFromInline var iterator: I

  @inlinable
  init(_ iterator: I) { self.iterator = iterator }

  @inlinable
  func next() throws(SequenceEnded) -> I.Element {
    guard let element = iterator.next() else { throw SequenceEnded() }
    return element
  }
}

@usableFromInline
struct SequenceEnded: Error {
  @inlinable
  init() {}
}

/// Chooses how several sequences are read: in the caller's turn only if none of them can block.
@inlinable
func makeFiller<A: Sequence, B: Sequence, each S: Sequence>(
  zipping first: A, _ second: B, _ more: repeat each S,
  coding: InputCoding<(A.Element, B.Element, repeat (each S).Element)>, isolation: (any Actor)?
) -> ChunkFiller {
  let zipped = ZippedSequence(first, second, repeat each more)
  var isPrompt = first is any PromptSequence && second is any PromptSequence
  var total = [knownCount(first), knownCount(second)]
  for sequence in repeat each more {
    if !(sequence is any PromptSequence) { isPrompt = false }
    total.append(knownCount(sequence))
  }
  guard isPrompt else { return blockingFiller(zipped, coding, isolation) }
  return promptFiller(zipped, coding, total: total.contains(nil) ? nil : total.compactMap { $0 }.min())
}
