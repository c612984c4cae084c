// How a function is made of a body with one argument: a value or nothing, synchronous or asynchronous.
// The codings are chosen here, where every type is known, so that the container's loop is specialised for them.

public import GantryWire

extension Function {
  /// Makes a function of a body with one argument and a result.
  ///
  /// A synchronous body keeps its container single-threaded, and bitwise arguments and results are read and written in
  /// place in shared memory. All shapes of a body are taken: synchronous or asynchronous, one argument or several, and
  /// as its result a payload, a tuple of payloads without labels, or nothing.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - fileID: Where the function is written: one executable started twice tells its functions apart by it.
  ///   - line: The line there.
  ///   - column: The column there.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, SingleCoding<Output>.self,
        sync: body))
  }

  /// Makes a function, named by the property that holds it, of a body with one argument and a result.
  @inlinable
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self, SingleCoding<Output>.self,
        sync: body))
  }

  /// Makes a named function of an asynchronous body with one argument and a result.
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, SingleCoding<Output>.self,
        async: body))
  }

  /// Makes a function, named by the property that holds it, of an asynchronous body with one argument and a result.
  @inlinable
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self, SingleCoding<Output>.self,
        async: body))
  }

  /// Makes a named function of a body with one argument and several results.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self,
        TupleCoding<First, Second, repeat each Other>.self, sync: body))
  }

  /// Makes a function, named by the property that holds it, of a body with one argument and several results.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self,
        TupleCoding<First, Second, repeat each Other>.self, sync: body))
  }

  /// Makes a named function of an asynchronous body with one argument and several results.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self,
        TupleCoding<First, Second, repeat each Other>.self, async: body))
  }

  /// Makes a function, named by the property that holds it, of an asynchronous body with one argument and several results.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self,
        TupleCoding<First, Second, repeat each Other>.self, async: body))
  }

  /// Makes a named function of a body with one argument and no result.
  @_disfavoredOverload
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self, sync: body))
  }

  /// Makes a function, named by the property that holds it, of a body with one argument and no result.
  @_disfavoredOverload
  @inlinable
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self, sync: body))
  }

  /// Makes a named function of an asynchronous body with one argument and no result.
  @_disfavoredOverload
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line,
    column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self, async: body)
    )
  }

  /// Makes a function, named by the property that holds it, of an asynchronous body with one argument and no result.
  @_disfavoredOverload
  @inlinable
  public init(
    options: FunctionOptions = .init(), fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (Input) async throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        nil, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self, async: body))
  }
}
