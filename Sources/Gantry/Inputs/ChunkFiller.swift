// What the driver knows of a call's inputs without knowing their type: how to have a chunk of them encoded.

import GantryWire

/// How a chunk ended.
struct Filled {
  /// Inputs encoded.
  var count: Int
  /// Bytes they take.
  var bytes: Int
  /// Whether the bytes lie in the memory that was lent; else `relocate` took them.
  var isInPlace: Bool
  /// Why the input behind them has no encoding.
  var failure: String?
  /// Whether the sequence may have more.
  var isOpen: Bool
}

/// Memory and limits for one chunk.
struct ChunkRoom {
  var base: UnsafeMutableRawPointer
  var capacity: Int
  var most: Int
  var mostBytes: Int
}

/// Encodes chunks of one call, one at a time, never under the driver's lock.
protocol ChunkFiller: AnyObject, Sendable {
  var isPrompt: Bool { get }
  var left: Int? { get }
  /// Bytes of a packed input, or `framed`.
  var width: Int { get }

  /// Encodes inputs of a prompt source. Bytes that outgrow the room are lent to `relocate` at the end.
  func fill(_ room: ChunkRoom, relocate: (UnsafeRawBufferPointer) -> Void) -> Filled

  /// Takes one input of a source that may block, and keeps it; false at the end of the sequence.
  func fetch() -> Bool

  /// Encodes the input that was fetched behind those of `open`.
  func append(to open: OpenInputs)
}

/// A chunk of a blocking source while it grows, input by input.
final class OpenInputs {
  var encoder = PayloadEncoder(minimumCapacity: 4096)
  var count = 0
  /// Why the input behind them has no encoding.
  var failure: String?

  func clear() {
    encoder.truncate(to: 0)
    count = 0
    failure = nil
  }
}

/// Reads inputs of one type.
final class TypedFiller<Input>: ChunkFiller {
  private let source: InputSource<Input>
  private let coding: InputCoding<Input>
  // nonisolated(unsafe): touched by the one thread that reads the source.
  private nonisolated(unsafe) var fetched: Input?

  init(_ source: InputSource<Input>, _ coding: InputCoding<Input>) {
    self.source = source
    self.coding = coding
  }

  var isPrompt: Bool { source.isPrompt }
  var left: Int? { source.left }
  var width: Int { coding.width }

  func fill(_ room: ChunkRoom, relocate: (UnsafeRawBufferPointer) -> Void) -> Filled {
    var writer = ChunkWriter(
      coding, at: room.base, capacity: room.capacity, most: room.most, mostBytes: room.mostBytes)
    let isOpen = source.fill(&writer)
    let filled = Filled(
      count: writer.count, bytes: writer.encoder.count, isInPlace: !writer.encoder.isSpilled,
      failure: writer.failure, isOpen: isOpen)
    if !filled.isInPlace { writer.encoder.withBytes(relocate) }
    return filled
  }

  func fetch() -> Bool {
    fetched = source.next()
    return fetched != nil
  }

  func append(to open: OpenInputs) {
    guard let value = fetched.take() else { return }
    let mark = open.encoder.count
    coding.append(value, &open.encoder)
    if let failure = open.encoder.takeFailure() {
      open.encoder.truncate(to: mark)
      open.failure = failure
    } else {
      open.count += 1
    }
  }
}
