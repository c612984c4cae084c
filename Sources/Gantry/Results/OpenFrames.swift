// Copies framed outputs out of an open record, which says nowhere how long it is: each length is read from the copy, so
// that no byte of the record is read twice while its container may still change it.

import GantryLanes

extension SharedBytes {
  /// Copies so many frames from the beginning on; false where there are fewer.
  func copyFrames(_ count: Int, to copy: inout [UInt8]) -> Bool {
    var offset = 0
    for _ in 0..<count {
      guard var length = copyLength(UInt32.self, at: &offset, to: &copy) else { return false }
      if length == UInt64(UInt32.max) {
        guard let long = copyLength(UInt64.self, at: &offset, to: &copy) else { return false }
        length = long
      }
      guard length <= UInt64(self.count - offset) else { return false }
      let end = offset + Int(length)
      append(offset..<end, to: &copy)
      offset = end
    }
    return true
  }

  private func copyLength<Length: FixedWidthInteger & BitwiseCopyable>(
    _: Length.Type, at offset: inout Int, to copy: inout [UInt8]
  ) -> UInt64? {
    let size = MemoryLayout<Length>.size
    guard self.count - offset >= size else { return nil }
    let start = copy.count
    append(offset..<(offset + size), to: &copy)
    offset += size
    return copy.withUnsafeBytes { UInt64($0.loadUnaligned(fromByteOffset: start, as: Length.self)) }
  }
}
