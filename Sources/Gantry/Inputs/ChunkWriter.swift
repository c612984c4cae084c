// Where a chunk's inputs are encoded: straight into a block of the arena, or into private memory to be compressed.
// Used by one thread outside the driver's lock; the memory it was lent stays its own until the chunk is committed.

public import GantryWire

/// Collects the encoded inputs of one chunk.
///
/// Ends at a number of inputs or bytes, whichever comes first, and at an input that cannot be encoded.
@_documentation(visibility: internal)
@frozen
public struct ChunkWriter<Input>: ~Copyable {
  @usableFromInline var encoder: PayloadEncoder
  @usableFromInline let coding: InputCoding<Input>
  /// Inputs written.
  @usableFromInline var count = 0
  @usableFromInline let most: Int
  @usableFromInline let mostBytes: Int
  /// Why the input behind the last one written has no encoding.
  @usableFromInline var failure: String?

  @usableFromInline
  init(
    _ coding: InputCoding<Input>, at base: UnsafeMutableRawPointer, capacity: Int, most: Int, mostBytes: Int
  ) {
    encoder = PayloadEncoder(writingAt: base, capacity: capacity)
    self.coding = coding
    self.most = most
    self.mostBytes = mostBytes
  }

  /// Whether the chunk takes no further input.
  @inlinable
  var isFull: Bool { count == most || encoder.count >= mostBytes || failure != nil }

  /// Encodes one input behind the others.
  ///
  /// One closure call, or one copy of a packed value.
  @inlinable
  mutating func append(_ value: Input) {
    let mark = encoder.count
    coding.append(value, &encoder)
    if encoder.failure != nil {
      failure = encoder.takeFailure()
      encoder.truncate(to: mark)
    } else {
      count &+= 1
    }
  }

  /// Encodes inputs from contiguous memory; returns how many it took, none of which is taken again.
  @inlinable
  mutating func append(from values: UnsafeBufferPointer<Input>) -> Int {
    if coding.width > 0 { return append(packed: values) }
    var taken = 0
    // By index: an iterator would retain each and release it.
    while taken < values.count, !isFull {
      append(values[taken])
      taken &+= 1
    }
    return taken
  }

  /// Copies packed inputs from contiguous memory; returns how many fitted.
  @inlinable
  mutating func append(packed values: UnsafeBufferPointer<Input>) -> Int {
    let fits = min(values.count, most &- count, max(1, (mostBytes &- encoder.count) / max(coding.width, 1)))
    encoder.append(UnsafeRawBufferPointer(start: values.baseAddress, count: fits &* coding.width))
    count &+= fits
    return fits
  }

  /// Encodes inputs from an iterator, as many as fit; false once the iterator has ended.
  @inlinable
  mutating func append<I: IteratorProtocol>(from iterator: inout I) -> Bool where I.Element == Input {
    if coding.width > 0 { return append(packedFrom: &iterator) }
    while !isFull {
      guard let value = iterator.next() else { return false }
      append(value)
    }
    return true
  }

  @inlinable
  mutating func append<I: IteratorProtocol>(packedFrom iterator: inout I) -> Bool where I.Element == Input {
    let width = coding.width
    let room = min(most &- count, max(1, (mostBytes &- encoder.count) / max(width, 1)))
    var taken = 0
    var isOpen = true
    encoder.append(upTo: room &* width) { target in
      var at = target.baseAddress.unsafelyUnwrapped
      while taken < room {
        guard let value = iterator.next() else {
          isOpen = false
          break
        }
        at.initializeMemory(as: Input.self, to: value)
        at += width
        taken &+= 1
      }
      return taken &* width
    }
    count &+= taken
    return isOpen
  }
}

/// How a function's inputs are encoded, chosen where the function is written.
@_documentation(visibility: internal)
@frozen
public struct InputCoding<Input>: Sendable {
  /// Bytes of a packed input, or `framed`.
  @usableFromInline let width: Int
  /// Appends one input as it lies in a chunk.
  @usableFromInline let append: @Sendable (Input, inout PayloadEncoder) -> Void

  @inlinable
  init<C: ValueCoding>(_: C.Type) where C.Value == Input {
    width = C.width
    append = { value, encoder in C.append(value, to: &encoder) }
  }
}
