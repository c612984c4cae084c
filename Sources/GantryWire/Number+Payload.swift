// Numbers and durations travel as their memory: every bit pattern of them is a value.
// The witnesses come from the bitwise defaults of `Payload`, but for Duration, which is trivial and does not say so.

extension Int: Payload {}
extension Int8: Payload {}
extension Int16: Payload {}
extension Int32: Payload {}
extension Int64: Payload {}
extension Int128: Payload {}
extension UInt: Payload {}
extension UInt8: Payload {}
extension UInt16: Payload {}
extension UInt32: Payload {}
extension UInt64: Payload {}
extension UInt128: Payload {}

extension Float: Payload {}
extension Double: Payload {}
#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
extension Float16: Payload {}
#endif
#if !(os(Windows) || os(Android)) && (arch(i386) || arch(x86_64))
extension Float80: Payload {}
#endif

extension Duration: Payload {
  /// A duration is a 128-bit number of attoseconds: any bits are one.
  @inlinable
  public static var isBitwise: Bool { MemoryLayout<Duration>.size == MemoryLayout<Int128>.size }

  /// Appends the attoseconds, 16 bytes.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(bitwise: attoseconds)
  }

  /// Reads 16 bytes.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self.init(attoseconds: try decoder.decodeBitwise(Int128.self))
  }
}
