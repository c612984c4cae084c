// Counts byte strings: an open-addressing table over one run of bytes, without an object for each word.
// Containers fill one from a block; the driver merges them all into one, so that both paths are hot.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Words and how often each occurs.
struct WordTable {
  /// The longest word that is kept, in bytes; its length fits a byte.
  static let longestWord = 255

  private struct Entry {
    var start: Int
    var count: Int
    var length: Int
  }

  private var entries: [Entry] = []
  /// The words, one behind the other.
  private var text: [UInt8] = []
  /// Half of the hash above the entry's number plus one, or 0 for none; a power of two of them, half empty.
  private var slots: [UInt64]

  /// Makes an empty table.
  ///
  /// - Parameter expected: Different words to have room for from the beginning.
  init(expecting expected: Int = 64) {
    var capacity = 16
    while capacity < expected * 2 { capacity *= 2 }
    slots = Array(repeating: 0, count: capacity)
    entries.reserveCapacity(expected)
    text.reserveCapacity(expected * 8)
  }

  /// How many different words there are.
  var count: Int { entries.count }

  /// Counts a word.
  ///
  /// - Parameters:
  ///   - word: Its bytes, at most `longestWord`.
  ///   - occurrences: How often it was met.
  @inline(__always)
  mutating func add(_ word: UnsafeRawBufferPointer, _ occurrences: Int) {
    let hash = hashOf(word)
    let half = hash & ~0xFFFF_FFFF
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[place]
      if slot == 0 { break }
      if slot & ~0xFFFF_FFFF == half {
        let number = Int(slot & 0xFFFF_FFFF) &- 1
        if holds(word, at: number) {
          entries[number].count &+= occurrences
          return
        }
      }
      place = (place &+ 1) & mask
    }
    insert(word, occurrences, half, place)
  }

  @inline(__always)
  private func holds(_ word: UnsafeRawBufferPointer, at number: Int) -> Bool {
    let entry = entries[number]
    guard entry.length == word.count, let base = word.baseAddress else { return false }
    return text.withUnsafeBytes { text in
      guard let text = text.baseAddress else { return false }
      return memcmp(text + entry.start, base, word.count) == 0
    }
  }

  @inline(never)
  private mutating func insert(
    _ word: UnsafeRawBufferPointer, _ occurrences: Int, _ half: UInt64, _ place: Int
  ) {
    entries.append(Entry(start: text.count, count: occurrences, length: word.count))
    text.append(contentsOf: word)
    slots[place] = half | UInt64(entries.count)
    if entries.count * 2 > slots.count { grow() }
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 4)
    let mask = slots.count - 1
    text.withUnsafeBytes { text in
      for (number, entry) in entries.enumerated() {
        let hash = hashOf(UnsafeRawBufferPointer(rebasing: text[entry.start..<entry.start + entry.length]))
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        slots[place] = hash & ~0xFFFF_FFFF | UInt64(number + 1)
      }
    }
  }

  /// The words that occur most often, those of equal count in byte order.
  func commonest(_ limit: Int) -> [(word: [UInt8], count: Int)] {
    var top = Top<(word: ArraySlice<UInt8>, count: Int)>(limit) { one, other in
      one.count != other.count ? one.count > other.count : one.word.lexicographicallyPrecedes(other.word)
    }
    for entry in entries { top.offer((text[entry.start..<entry.start + entry.length], entry.count)) }
    return top.elements.map { (Array($0.word), $0.count) }
  }
}

// MARK: - The form that travels

/// Bytes that are no packed table.
struct MalformedTable: Error {}

extension WordTable {
  /// For each word its length in one byte, its count in seven-bit groups, the lowest first, and its bytes.
  var packed: [UInt8] {
    // A count below 2^63 has at most nine groups.
    let most = text.count + entries.count * 10
    return [UInt8](unsafeUninitializedCapacity: most) { buffer, used in
      text.withUnsafeBufferPointer { text in
        for entry in entries {
          buffer[used] = UInt8(truncatingIfNeeded: entry.length)
          used += 1
          var rest = entry.count
          while rest >= 0x80 {
            buffer[used] = UInt8(truncatingIfNeeded: rest) | 0x80
            used += 1
            rest >>= 7
          }
          buffer[used] = UInt8(truncatingIfNeeded: rest)
          used += 1
          let word = UnsafeBufferPointer(rebasing: text[entry.start..<entry.start + entry.length])
          let target = UnsafeMutableBufferPointer(rebasing: buffer[used..<used + entry.length])
          _ = target.initialize(from: word)
          used += entry.length
        }
      }
    }
  }

  /// Adds the counts of a packed table.
  ///
  /// - Throws: `MalformedTable`, after having added what stood before the flaw.
  mutating func merge(packed: [UInt8]) throws(MalformedTable) {
    let isWhole = packed.withUnsafeBytes { bytes in
      var position = 0
      while position < bytes.count {
        let length = Int(bytes[position])
        position += 1
        var count = 0
        var shift = 0
        while true {
          guard position < bytes.count, shift < 63 else { return false }
          let byte = bytes[position]
          position += 1
          count |= Int(byte & 0x7F) << shift
          if byte < 0x80 { break }
          shift += 7
        }
        guard length > 0, length <= bytes.count - position else { return false }
        add(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]), count)
        position += length
      }
      return true
    }
    guard isWhole else { throw MalformedTable() }
  }
}

// MARK: - Hashing

/// Mixes eight bytes at a time and reads none outside the word.
@inline(__always)
private func hashOf(_ word: UnsafeRawBufferPointer) -> UInt64 {
  let count = word.count
  if count >= 8 {
    var hash = UInt64(count)
    var position = 0
    while position &+ 8 < count {
      hash = mix(hash ^ word.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      position &+= 8
    }
    return mix(hash ^ word.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
  }
  if count >= 4 {
    let low = UInt64(word.loadUnaligned(as: UInt32.self))
    let high = UInt64(word.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
    return mix((low | high << 32) ^ UInt64(count))
  }
  if count == 0 { return 0 }
  let bytes = UInt64(word[0]) | UInt64(word[count >> 1]) << 8 | UInt64(word[count &- 1]) << 16
  return mix(bytes ^ UInt64(count) << 32)
}

@inline(__always)
private func mix(_ value: UInt64) -> UInt64 {
  // Two odd constants without structure; the product's halves each depend on all of the value's bits.
  let product = (value ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.high ^ product.low
}
