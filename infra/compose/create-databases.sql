-- Run once, when PostgreSQL's volume is new: a database for each app.
CREATE DATABASE order_api;
CREATE DATABASE order_worker;
CREATE DATABASE billing_worker;
CREATE DATABASE analytics_worker;
