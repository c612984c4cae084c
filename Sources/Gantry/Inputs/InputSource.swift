// How a sequence is read: arrays by copying, others of the standard library in their caller's turn, and any that may
// block by a feeder thread, so that a slow producer never holds back a finished result.

public import GantryWire

/// A sequence of the standard library whose iterator only computes.
@usableFromInline
protocol PromptSequence {
  /// The exact number of elements, where counting them is cheap and cannot trap; `count` of `0...Int.max` does.
  var exactCount: Int? { get }
}

extension PromptSequence {
  @usableFromInline var exactCount: Int? { nil }
}

extension PromptSequence where Self: Collection {
  @usableFromInline var exactCount: Int? { count }
}

extension Array: PromptSequence {}
extension ArraySlice: PromptSequence {}
extension ContiguousArray: PromptSequence {}
extension Set: PromptSequence {}
extension Dictionary: PromptSequence {}
extension Repeated: PromptSequence {}
extension CollectionOfOne: PromptSequence {}
extension EmptyCollection: PromptSequence {}
extension StrideTo: PromptSequence {}
extension StrideThrough: PromptSequence {}
extension Zip2Sequence: PromptSequence where Sequence1: PromptSequence, Sequence2: PromptSequence {}

extension EnumeratedSequence: PromptSequence where Base: PromptSequence {
  @usableFromInline var exactCount: Int? { nil }
}

extension Range: PromptSequence where Bound: Strideable, Bound.Stride: SignedInteger {
  @usableFromInline var exactCount: Int? { gap(lowerBound, upperBound) }
}

extension ClosedRange: PromptSequence where Bound: Strideable, Bound.Stride: SignedInteger {
  @usableFromInline var exactCount: Int? {
    gap(lowerBound, upperBound).flatMap { $0 < .max ? $0 + 1 : nil }
  }
}

/// How far apart two integers are; nil for bounds of other types, and where the distance is no `Int`.
private func gap<Bound>(_ lower: Bound, _ upper: Bound) -> Int? {
  guard let lower = lower as? any BinaryInteger, let upper = upper as? any BinaryInteger,
    let low = Int(exactly: lower), let high = Int(exactly: upper)
  else { return nil }
  let (distance, isTooFar) = high.subtractingReportingOverflow(low)
  return isTooFar ? nil : distance
}

/// An iterator, or what was taken from it, shared by the closures that read it, of which one runs at a time.
@usableFromInline
final class Shared<Value> {
  @exclusivity(unchecked) @usableFromInline var value: Value

  @inlinable
  init(_ value: Value) { self.value = value }
}

/// Chooses how a sequence is read.
@inlinable
func makeFiller<S: Sequence>(
  _ sequence: S, _ coding: InputCoding<S.Element>, _ isolation: (any Actor)?
) -> ChunkFiller {
  if let array = sequence as? [S.Element] { return arrayFiller(ContiguousArray(array), coding) }
  if let array = sequence as? ContiguousArray<S.Element> { return arrayFiller(array, coding) }
  if coding.width > 0, let slice = sequence as? ArraySlice<S.Element> {
    return arrayFiller(ContiguousArray(slice), coding)
  }
  return sequence is any PromptSequence
    ? promptFiller(sequence, coding, total: knownCount(sequence))
    : blockingFiller(sequence, coding, isolation)
}

/// The exact number of elements, where that is known at once.
@inlinable
func knownCount<S: Sequence>(_ sequence: S) -> Int? { (sequence as? any PromptSequence)?.exactCount }

/// Inputs in one array: a chunk of packed ones is one copy, others are encoded where they lie.
@inlinable
func arrayFiller<Input>(_ elements: ContiguousArray<Input>, _ coding: InputCoding<Input>) -> ChunkFiller {
  let position = Shared(0)
  return ChunkFiller(
    width: coding.width, isCopied: coding.width > 0, left: { elements.count - position.value },
    fill: { room, relocate in
      encodeChunk(coding, room, relocate) { writer in
        elements.withUnsafeBufferPointer { all in
          position.value += writer.append(from: UnsafeBufferPointer(rebasing: all[position.value...]))
        }
        return position.value < elements.count
      }
    })
}

/// Inputs of a sequence that cannot block.
@inlinable
func promptFiller<S: Sequence>(_ sequence: S, _ coding: InputCoding<S.Element>, total: Int?) -> ChunkFiller {
  let iterator = Shared(sequence.makeIterator())
  let taken = Shared(0)
  return ChunkFiller(
    width: coding.width, isCopied: S.Element.self == Int.self, left: { total.map { $0 - taken.value } },
    fill: { room, relocate in
      var filled = encodeChunk(coding, room, relocate) { writer in writer.append(from: &iterator.value) }
      taken.value += filled.count
      // Where the count is known, nobody has to come back to find nothing left.
      if taken.value == total { filled.isOpen = false }
      return filled
    })
}

/// One input.
@inlinable
func singleFiller<Input>(_ input: Input, _ coding: InputCoding<Input>) -> ChunkFiller {
  let isTaken = Shared(false)
  return ChunkFiller(
    width: coding.width, isCopied: coding.width > 0, left: { isTaken.value ? 0 : 1 },
    fill: { room, relocate in
      isTaken.value = true
      return encodeChunk(coding, room, relocate) { writer in
        writer.append(input)
        return false
      }
    })
}

/// Inputs of any other sequence.
@inlinable
func blockingFiller<S: Sequence>(
  _ sequence: S, _ coding: InputCoding<S.Element>, _ isolation: (any Actor)?
) -> ChunkFiller {
  let iterator = Shared<S.Iterator?>(sequence.makeIterator())
  let fetched = Shared<S.Element?>(nil)
  return ChunkFiller(
    width: coding.width, isolation: isolation,
    source: .blocking(fetch: {
      fetched.value = iterator.value?.next()
      return fetched.value != nil
    }),
    append: { open in appendFetched(fetched, coding, to: open) },
    close: { iterator.value = nil })
}

/// Encodes the input that was fetched last.
@inlinable
func appendFetched<Input>(_ fetched: Shared<Input?>, _ coding: InputCoding<Input>, to open: OpenInputs) {
  guard let value = fetched.value else { return }
  fetched.value = nil
  let mark = open.encoder.count
  coding.append(value, &open.encoder)
  if let failure = open.encoder.takeFailure() {
    open.encoder.truncate(to: mark)
    open.failure = failure
  } else {
    open.count &+= 1
  }
}

/// Has one chunk written, and lends its bytes to `relocate` where they outgrew their room.
@inlinable
func encodeChunk<Input>(
  _ coding: InputCoding<Input>, _ room: ChunkRoom, _ relocate: ChunkFiller.Relocate,
  _ write: (inout ChunkWriter<Input>) -> Bool
) -> Filled {
  var writer = ChunkWriter(
    coding, at: room.base, capacity: room.capacity, most: room.most, mostBytes: room.mostBytes)
  let isOpen = write(&writer)
  if writer.encoder.isSpilled { writer.encoder.withBytes(relocate) }
  return Filled(count: writer.count, bytes: writer.encoder.count, failure: writer.failure, isOpen: isOpen)
}
