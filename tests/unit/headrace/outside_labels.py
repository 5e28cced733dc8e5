"""A label that is accepted."""

LABEL = {
    "event_id": "e1",
    "timestamp": 1_533_117_600,
    "customer_id": "c1",
    "shop_id": "s1",
    "returned": 1,
    "labelled_at": 1_533_200_000,
}
