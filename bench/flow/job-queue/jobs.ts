/** What each job is given. */
export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly currency: string;
  readonly lines: readonly { readonly quantity: number; readonly unitPrice: number }[];
  readonly total: number;
  readonly createdAt: string;
}
export interface Accepted {
  readonly order: Order;
  readonly decidedAt: string;
}
export interface Captured {
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly invoiceId: string;
  readonly capturedAt: string;
  readonly orderCreatedAt: string;
}
