// The C layout's constants under Swift names: what a record carries, how a chunk lies, when a container rings.

internal import CGantryRing

/// What a record of a completion ring carries.
package enum RecordKind: Sendable {
  case outputs, more, large, bytes, threw, unencodable, started

  package init?(_ raw: UInt16) {
    switch Int(raw) {
    case Int(GANTRY_RECORD_OUTPUTS): self = .outputs
    case Int(GANTRY_RECORD_MORE): self = .more
    case Int(GANTRY_RECORD_LARGE): self = .large
    case Int(GANTRY_RECORD_BYTES): self = .bytes
    case Int(GANTRY_RECORD_THREW): self = .threw
    case Int(GANTRY_RECORD_UNENCODABLE): self = .unencodable
    case Int(GANTRY_RECORD_STARTED): self = .started
    default: return nil
    }
  }

  var rawValue: UInt16 {
    switch self {
    case .outputs: UInt16(GANTRY_RECORD_OUTPUTS)
    case .more: UInt16(GANTRY_RECORD_MORE)
    case .large: UInt16(GANTRY_RECORD_LARGE)
    case .bytes: UInt16(GANTRY_RECORD_BYTES)
    case .threw: UInt16(GANTRY_RECORD_THREW)
    case .unencodable: UInt16(GANTRY_RECORD_UNENCODABLE)
    case .started: UInt16(GANTRY_RECORD_STARTED)
    }
  }

  /// The container has left the descriptor.
  package static let lastFlag = UInt16(GANTRY_RECORD_LAST)
}

/// How a chunk's bytes lie in the arena.
package enum ChunkFlags {
  package static let lz4 = UInt32(GANTRY_CHUNK_LZ4)
  package static let shuffled = UInt32(GANTRY_CHUNK_SHUFFLED)
  /// Each input stands behind its length.
  package static let framed = UInt32(GANTRY_CHUNK_FRAMED)
}

/// The form of one chunk in the arena.
package struct ChunkForm: Sendable {
  package var stored: Int
  package var raw: Int
  package var check: UInt64
  package var flags: UInt32
  /// Bytes of an input whose bytes were shuffled.
  package var stride: UInt32

  package init(stored: Int, raw: Int, check: UInt64, flags: UInt32 = 0, stride: UInt32 = 0) {
    self.stored = stored
    self.raw = raw
    self.check = check
    self.flags = flags
    self.stride = stride
  }
}

/// When a container rings the driver.
package enum DoorbellLevel: Sendable {
  /// The driver is looking.
  case never
  /// Before it waits for chunks or for room.
  case whenDry
  /// At every publication.
  case always

  var rawValue: UInt32 {
    switch self {
    case .never: UInt32(GANTRY_RING_NEVER)
    case .whenDry: UInt32(GANTRY_RING_WHEN_DRY)
    case .always: UInt32(GANTRY_RING_ALWAYS)
    }
  }
}
