// Where each key's text was first written in one pass of Codable encoding, so that later keys are a position.
// Open addressing over generations: beginning a new pass forgets everything in constant time.

/// The texts of keys already written.
struct KeyTable: ~Copyable {
  private struct Slot {
    var generation: UInt32 = 0
    var hash: UInt32 = 0
    var position: Int = 0
    var length: Int = 0
  }

  private var slots: UnsafeMutableBufferPointer<Slot>
  private var generation: UInt32 = 1
  private var used = 0

  /// A table beyond this size is not kept for the next pass.
  private static let keptSlots = 1 << 12

  init() {
    slots = Self.makeSlots(64)
  }

  deinit {
    slots.deallocate()
  }

  private static func makeSlots(_ count: Int) -> UnsafeMutableBufferPointer<Slot> {
    let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: Slot())
    return slots
  }

  /// Forgets every key.
  mutating func removeAll() {
    used = 0
    generation &+= 1
    if generation == 0 || slots.count > Self.keptSlots {
      slots.deallocate()
      slots = Self.makeSlots(64)
      generation = 1
    }
  }

  /// The position of the text where it was written already; otherwise notes that it is about to be.
  mutating func position(
    of text: UnsafeRawBufferPointer, in written: UnsafeRawPointer, elseNote next: Int?
  ) -> Int? {
    let hash = Self.hash(text)
    let mask = slots.count &- 1
    var index = Int(truncatingIfNeeded: hash) & mask
    while slots[index].generation == generation {
      let slot = slots[index]
      if slot.hash == hash, slot.length == text.count,
        sameBytes(written + slot.position, text.baseAddress, count: text.count)
      {
        return slot.position
      }
      index = (index &+ 1) & mask
    }
    if let next {
      slots[index] = Slot(generation: generation, hash: hash, position: next, length: text.count)
      used &+= 1
      if used &* 2 > slots.count { grow() }
    }
    return nil
  }

  private mutating func grow() {
    let larger = Self.makeSlots(slots.count * 4)
    let mask = larger.count &- 1
    for slot in slots where slot.generation == generation {
      var index = Int(truncatingIfNeeded: slot.hash) & mask
      while larger[index].generation == generation { index = (index &+ 1) & mask }
      larger[index] = slot
    }
    slots.deallocate()
    slots = larger
  }

  /// A multiply-and-fold over eight bytes at a time: the keys are the program's own, nobody attacks them.
  private static func hash(_ text: UnsafeRawBufferPointer) -> UInt32 {
    guard let base = text.baseAddress else { return 0 }
    var hash = UInt64(truncatingIfNeeded: text.count) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset &+ 8 <= text.count {
      hash = (hash ^ base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
      offset &+= 8
    }
    while offset < text.count {
      hash = (hash ^ UInt64(text[offset])) &* 0x0000_0100_0000_01B3
      offset &+= 1
    }
    hash = hash &* 0xD6E8_FEB8_6659_FD93
    return UInt32(truncatingIfNeeded: hash >> 32)
  }
}

/// Whether two runs of bytes are the same; without a call to the C library, because keys are short.
@inline(__always)
func sameBytes(_ one: UnsafeRawPointer?, _ other: UnsafeRawPointer?, count: Int) -> Bool {
  guard let one, let other else { return count == 0 }
  var offset = 0
  while offset &+ 8 <= count {
    if one.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      != other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    {
      return false
    }
    offset &+= 8
  }
  while offset < count {
    if one.load(fromByteOffset: offset, as: UInt8.self) != other.load(fromByteOffset: offset, as: UInt8.self)
    {
      return false
    }
    offset &+= 1
  }
  return true
}
