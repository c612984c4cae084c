// Numbers, vectors and durations travel as their memory: every bit pattern of them is a value.
// The witnesses come from the bitwise defaults of `Payload`.

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

extension Duration: Payload {}

extension SIMD2: Payload where Scalar: Payload & BitwiseCopyable {}
extension SIMD3: Payload where Scalar: Payload & BitwiseCopyable {}
extension SIMD4: Payload where Scalar: Payload & BitwiseCopyable {}
extension SIMD8: Payload where Scalar: Payload & BitwiseCopyable {}
extension SIMD16: Payload where Scalar: Payload & BitwiseCopyable {}
extension SIMD32: Payload where Scalar: Payload & BitwiseCopyable {}
extension SIMD64: Payload where Scalar: Payload & BitwiseCopyable {}
