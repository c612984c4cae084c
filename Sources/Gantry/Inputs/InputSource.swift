// Where a call's inputs come from. A prompt source never blocks and is read in its call's own turn; any other sequence
// may block in `next()` and is read by a feeder thread, so that a slow producer never holds back a finished result.

import GantryWire

/// The inputs of one call, read in order by one thread at a time, never under the driver's lock.
///
/// `@unchecked Sendable`: the call hands the right to read from turn to turn (`Call.isFilling`), or to its feeder.
@usableFromInline
class InputSource<Input>: @unchecked Sendable {
  /// Whether `fill` may be called in a caller's turn.
  @usableFromInline var isPrompt: Bool { false }

  /// Inputs left, where that is known.
  @usableFromInline var left: Int? { nil }

  @usableFromInline init() {}

  /// Writes inputs until the writer is full or the sequence has ended; false once it has.
  @usableFromInline
  func fill(_ writer: inout ChunkWriter<Input>) -> Bool {
    fatalError("An input source must say how it is read.")
  }

  /// Takes one input, blocking as long as the sequence does.
  @usableFromInline
  func next() -> Input? {
    fatalError("An input source must say how it is read.")
  }
}

/// Inputs in one array: encoded by copying where they are packed.
@usableFromInline
final class ArraySource<Input>: InputSource<Input>, @unchecked Sendable {
  @usableFromInline let elements: ContiguousArray<Input>
  @usableFromInline var position = 0

  @usableFromInline
  init(_ elements: ContiguousArray<Input>) { self.elements = elements }

  @usableFromInline override var isPrompt: Bool { true }
  @usableFromInline override var left: Int? { elements.count - position }

  @inlinable
  override func fill(_ writer: inout ChunkWriter<Input>) -> Bool {
    if writer.coding.width > 0 {
      elements.withUnsafeBufferPointer { all in
        position += writer.append(packed: UnsafeBufferPointer(rebasing: all[position...]))
      }
    } else {
      while position < elements.count, !writer.isFull {
        writer.append(elements[position])
        position &+= 1
      }
    }
    return position < elements.count
  }
}

/// Inputs of a sequence of the standard library that cannot block: read in the call's own turn.
@usableFromInline
final class PromptSource<S: Sequence>: InputSource<S.Element>, @unchecked Sendable {
  @usableFromInline var iterator: S.Iterator
  @usableFromInline let total: Int?
  @usableFromInline var taken = 0

  @inlinable
  init(_ sequence: S, total: Int?) {
    iterator = sequence.makeIterator()
    self.total = total
  }

  @usableFromInline override var isPrompt: Bool { true }
  @usableFromInline override var left: Int? { total.map { $0 - taken } }

  @inlinable
  override func fill(_ writer: inout ChunkWriter<S.Element>) -> Bool {
    let before = writer.count
    defer { taken &+= writer.count &- before }
    if writer.coding.width > 0 { return writer.append(packedFrom: &iterator) }
    while !writer.isFull {
      guard let value = iterator.next() else { return false }
      writer.append(value)
    }
    return true
  }
}

/// Inputs of any other sequence.
@usableFromInline
final class SequenceSource<S: Sequence>: InputSource<S.Element>, @unchecked Sendable {
  @usableFromInline var iterator: S.Iterator

  @inlinable
  init(_ sequence: S) { iterator = sequence.makeIterator() }

  @inlinable
  override func next() -> S.Element? { iterator.next() }
}

/// A sequence of the standard library whose iterator only computes.
@usableFromInline
protocol PromptSequence {}

extension Range: PromptSequence where Bound: Strideable, Bound.Stride: SignedInteger {}
extension ClosedRange: PromptSequence where Bound: Strideable, Bound.Stride: SignedInteger {}
extension StrideTo: PromptSequence {}
extension StrideThrough: PromptSequence {}
extension Repeated: PromptSequence {}
extension CollectionOfOne: PromptSequence {}
extension EmptyCollection: PromptSequence {}
extension Zip2Sequence: PromptSequence where Sequence1: PromptSequence, Sequence2: PromptSequence {}
extension EnumeratedSequence: PromptSequence where Base: PromptSequence {}
extension Array: PromptSequence {}
extension ArraySlice: PromptSequence {}
extension ContiguousArray: PromptSequence {}
extension Set: PromptSequence {}
extension Dictionary: PromptSequence {}

/// Chooses how a sequence is read.
@inlinable
func makeSource<S: Sequence>(_ sequence: S) -> InputSource<S.Element> {
  if let array = sequence as? [S.Element] { return ArraySource(ContiguousArray(array)) }
  if let slice = sequence as? ArraySlice<S.Element> { return ArraySource(ContiguousArray(slice)) }
  if let array = sequence as? ContiguousArray<S.Element> { return ArraySource(array) }
  if sequence is any PromptSequence { return PromptSource(sequence, total: knownCount(sequence)) }
  return SequenceSource(sequence)
}

/// The exact number of elements, where counting them is cheap and cannot be wrong.
@inlinable
func knownCount<S: Sequence>(_ sequence: S) -> Int? {
  (sequence as? any RandomAccessCollection)?.count
}
