// How a function is made of a body with any number of arguments: a value or nothing, synchronous or asynchronous.
// Bodies with tuples or nothing stand behind those with a value: a tuple is a result, not something to discard.

public import GantryWire

extension Function {
  /// Makes a named function of a body with any number of arguments and a result.
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        SingleCoding<Output>.self, sync: { input in try body(repeat each input) }))
  }

  /// Makes a function, named by the property that holds it, of a body with any number of arguments and a result.
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        SingleCoding<Output>.self, sync: { input in try body(repeat each input) }))
  }

  /// Makes a named function of an asynchronous body with any number of arguments and a result.
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        SingleCoding<Output>.self, async: { input in try await body(repeat each input) }))
  }

  /// Makes a function, named by the property that holds it, of an asynchronous body with any number of arguments and a result.
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        SingleCoding<Output>.self, async: { input in try await body(repeat each input) }))
  }

  /// Makes a named function of a body with any number of arguments and several results.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        TupleCoding<First, Second, repeat each Other>.self, sync: { input in try body(repeat each input) }))
  }

  /// Makes a function, named by the property that holds it, of a body with any number of arguments and several results.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        TupleCoding<First, Second, repeat each Other>.self, sync: { input in try body(repeat each input) }))
  }

  /// Makes a named function of an asynchronous body with any number of arguments and several results.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        TupleCoding<First, Second, repeat each Other>.self,
        async: { input in try await body(repeat each input) }))
  }

  /// Makes a function, named by the property that holds it, of an asynchronous body with any number of arguments and several results.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self,
        TupleCoding<First, Second, repeat each Other>.self,
        async: { input in try await body(repeat each input) }))
  }

  /// Makes a named function of a body with any number of arguments and no result.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        sync: { input in try body(repeat each input) }))
  }

  /// Makes a function, named by the property that holds it, of a body with any number of arguments and no result.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        sync: { input in try body(repeat each input) }))
  }

  /// Makes a named function of an asynchronous body with any number of arguments and no result.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        async: { input in try await body(repeat each input) }))
  }

  /// Makes a function, named by the property that holds it, of an asynchronous body with any number of arguments and no result.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (repeat each A) async throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), TupleCoding<repeat each A>.self, VoidCoding.self,
        async: { input in try await body(repeat each input) }))
  }
}
