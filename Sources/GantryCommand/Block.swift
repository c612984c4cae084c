// What travels: a block of a file to a container, and its counts back.

import Gantry

/// Lines of one file.
struct Block: Payload, Equatable {
  /// The block's place among all blocks, from 0.
  var index: Int
  var path: Path
  /// Where in the file it begins.
  var offset: Int
  /// Whether it begins inside a word whose beginning was in the block before.
  var continuesWord: Bool
  /// Whether its container is to trap.
  var crashes: Bool
  var bytes: [UInt8]
}

extension Block {
  init(from decoder: inout PayloadDecoder) throws {
    index = try decoder.decode()
    path = Path(try decoder.decode([UInt8].self))
    offset = try decoder.decode()
    continuesWord = try decoder.decode()
    crashes = try decoder.decode()
    bytes = try decoder.decode()
  }

  func encode(into encoder: inout PayloadEncoder) {
    // Once, for all that follows: the bytes are then copied where they belong.
    encoder.reserve(bytes.count + path.bytes.count + 40)
    encoder.encode(index)
    encoder.encode(path.bytes)
    encoder.encode(offset)
    encoder.encode(continuesWord)
    encoder.encode(crashes)
    encoder.encode(bytes)
  }
}

/// What was counted in a block.
struct BlockCount: Payload, Equatable {
  /// The block's place among all blocks.
  var index: Int
  var lines: Int
  var words: Int
  var bytes: Int
  /// The processor time that the counting took.
  var nanoseconds: Int
  /// Its words and how often each occurs, in the form that `WordTable.packed` has.
  var table: [UInt8]
}

extension BlockCount {
  init(from decoder: inout PayloadDecoder) throws {
    index = try decoder.decode()
    lines = try decoder.decode()
    words = try decoder.decode()
    bytes = try decoder.decode()
    nanoseconds = try decoder.decode()
    table = try decoder.decode()
  }

  func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(index)
    encoder.encode(lines)
    encoder.encode(words)
    encoder.encode(bytes)
    encoder.encode(nanoseconds)
    encoder.encode(table)
  }
}
